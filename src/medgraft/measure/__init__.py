"""Numbers from predictions: metrics, intervals, curves, comparisons."""
