"""IBM Maximo (7.6.0.2 and later, and Manage of the Maximo Application Suite) over its JSON API, lean.

Sources: the REST API guide (https://developer.ibm.com/static/site-id/155/maximodev/restguide/Maximo_Nextgen_REST_API.html),
the JSON API reference (https://scribd.com/document/740869342/Maximo-JSON-API-References) and IBM's own client
(https://github.com/ibmmaximorestjsonapis/maximorestclient).
"""

from .client import Maximo, connect

__all__ = ["Maximo", "connect"]
