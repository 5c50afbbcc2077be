"""The API (`/api/v1/`): the door for programs. Every path and every schema is read off the declarations of registers, loops
and computations; no subject is named here. Writes go through the same forms and the same engine as the pages.
"""
