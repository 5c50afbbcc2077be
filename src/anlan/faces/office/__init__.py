"""The office face: what officials, enterprises and inspectors see in a browser, desk and phone alike.

Pages are derived from the declarations of registers and loops; a domain may override a generic page by a template of its
own name. A door only: no rule, no model; it asks the kernel and words what it is told.
"""
