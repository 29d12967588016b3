"""A real certificate authority in a folder: own keys, own register, signed CRLs, OCSP answers.

`authority.EmbeddedCa` is the whole of it, without HTTP; `sulku_desk.ca_server` puts it on a port.
"""
