"""The only room that touches private keys: which key signs what, rotation, compromise."""
