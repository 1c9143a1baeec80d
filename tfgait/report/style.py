"""The look of the HTML report: phone, screen in light and dark, and paper."""

STYLE = """
:root { color-scheme: light dark; --ink: #1f2933; --soft: #5b6773; --line: #d9dee4; --back: #ffffff; --card: #f5f7f9;
  --best: #00664b; --best-back: #e3f4ee; --accent: #0072b2; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaee; --soft: #a3afba; --line: #38424c; --back: #14181d; --card: #1d232a;
    --best: #6fdcb8; --best-back: #12352b; --accent: #6cb8e6; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.1rem 4rem; max-width: 62rem; color: var(--ink); background: var(--back);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .6rem; padding-top: .9rem; border-top: 1px solid var(--line); }
p { margin: .5rem 0; max-width: 46rem; }
.about { font-size: 1.06rem; color: var(--soft); }
.scroll { overflow-x: auto; margin: .9rem 0 .3rem; }
table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .4rem; }
th, td { padding: .38rem .8rem; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
th { font-weight: 600; border-bottom: 2px solid var(--line); }
td.text { white-space: normal; min-width: 7rem; }
.number { text-align: right; }
.best { font-weight: 700; color: var(--best); background: var(--best-back); }
figure { margin: 1.1rem 0; }
figure img { display: block; width: var(--width); max-width: 100%; height: auto; background: #fff;
  border: 1px solid var(--line); border-radius: 8px; padding: .5rem; }
figcaption { margin-top: .45rem; color: var(--soft); font-size: .92rem; max-width: 46rem; }
pre { margin: .4rem 0 1rem; padding: .55rem .8rem; background: var(--card); border-radius: 6px; overflow-x: auto;
  font: .84rem/1.45 ui-monospace, "SFMono-Regular", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
.limits { padding: .7rem 1.1rem; background: var(--card); border-left: 4px solid var(--accent);
  border-radius: 0 8px 8px 0; }
.limits h2 { border: 0; margin: 0; padding: 0; }
.limits ul { margin: .4rem 0; padding-left: 1.2rem; }
footer { margin-top: 2.5rem; color: var(--soft); font-size: .84rem; }
footer dl { display: grid; grid-template-columns: max-content 1fr; gap: .1rem .9rem; margin: 0; }
footer dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 34rem) { body { padding-top: 1.2rem; } h1 { font-size: 1.4rem; }
  th, td { padding: .34rem .5rem; } pre { white-space: pre-wrap; }
  figure img { max-width: none; width: min(var(--width), 40rem); }
  footer dl { display: block; } footer dt { font-weight: 600; } }
@media print { :root { --ink: #000; --soft: #333; --line: #bbb; --back: #fff; --card: #f3f3f3; --best: #000;
    --best-back: #e8e8e8; }
  body { max-width: none; padding: 0; font-size: 10.5pt; } figure, tr, .limits { break-inside: avoid; }
  h2 { break-after: avoid; } .scroll, pre { overflow: visible; } pre { white-space: pre-wrap; }
  table { font-size: 8.5pt; } th, td { padding: .2rem .4rem; } }
"""
