"""Detection by transfer: from pixels and boxes to a detector over a pretrained backbone."""
