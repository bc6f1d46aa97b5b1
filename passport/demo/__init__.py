"""The demonstration: invented people and organisations, the whole way of a passport, told as a story.

Nothing here is used by the service itself. Every step goes through what a real user would use: the importer, the issuer
and the HTTP API with a real OAuth client.
"""
