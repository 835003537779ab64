"""Outlines to what a clinic uses: masks, measurements, follow-up, contours, margins, distances."""
