"""Bytes to ``Image``, and ``Image`` to what the network sees."""
