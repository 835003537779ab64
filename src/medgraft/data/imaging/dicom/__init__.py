"""DICOM files to pictures: parsed by allow-list, decoded in a child where compressed, read by the standard."""
