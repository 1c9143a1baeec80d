"""People who walk: a parametric walker, and a renderer for any walk. numpy and OpenCV only."""
