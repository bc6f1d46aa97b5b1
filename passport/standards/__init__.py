"""The catalogue of what can be awarded, with versions and renewals, and who may award it."""
