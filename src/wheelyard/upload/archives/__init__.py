"""What is inside an uploaded file, read without unpacking anything to disk or running anything.

An archive is read once from its first byte to its last, in pieces; only the few files that describe
a distribution are kept.  ``reading`` is where to start: it chooses by the file's name between a
wheel (``wheels`` on top of ``zips``), a source archive (``sources`` on top of ``tars``) and a
historic source archive in a zip.  Only ``BadInput`` leaves.
"""
