"""Raw video, silhouettes and images → aligned sequences and windows of flow; numpy and OpenCV, no TensorFlow."""
