"""The products that have a strict server here."""

from __future__ import annotations

from twinwright_tools.cmms.maximo import Maximo

from .served import Product
from .servers.maximo import KEY as MAXIMO_KEY
from .servers.maximo import SITE, MaximoServer

MAXIMO = Product(
    kind="maximo",
    start=MaximoServer,
    connector=Maximo.connect,
    options={"site": SITE},
    secrets={"token": MAXIMO_KEY},
    create=("POST", "/mxapiwodetail"),
    comment=("POST", ""),
    upload=("POST", "/doclinks"),
    conditional=True,
)
PRODUCTS = {one.kind: one for one in (MAXIMO,)}
