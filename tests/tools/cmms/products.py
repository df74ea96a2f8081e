"""The products that have a strict server here."""

from __future__ import annotations

from twinwright_tools.cmms.atlas import Atlas
from twinwright_tools.cmms.maintainx import MaintainX
from twinwright_tools.cmms.maximo import Maximo
from twinwright_tools.cmms.sap import Sap
from twinwright_tools.cmms.servicenow import ServiceNow

from .served import Product
from .servers.atlas import LOGIN as ATLAS_LOGIN
from .servers.atlas import AtlasServer
from .servers.maintainx import TOKEN, MaintainXServer
from .servers.maximo import KEY as MAXIMO_KEY
from .servers.maximo import SITE, MaximoServer
from .servers.sap import LOGIN as SAP_LOGIN
from .servers.sap import PLANT, SapServer
from .servers.servicenow import LOGIN as SERVICENOW_LOGIN
from .servers.servicenow import ServiceNowServer

MAXIMO = Product(
    kind="maximo",
    start=MaximoServer,
    connector=Maximo.connect,
    options={"site": SITE},
    secrets={"token": MAXIMO_KEY},
    create=("POST", "/mxapiwodetail"),
    comment=("POST", ""),
    upload=("POST", "/doclinks"),
    also={"records": "requests"},
    also_path="/mxapisr",
    conditional=True,
)
SAP = Product(
    kind="sap",
    start=SapServer,
    connector=Sap.connect,
    options={"planning_plant": PLANT},
    secrets={"user": SAP_LOGIN[0], "password": SAP_LOGIN[1]},
    create=("POST", "/MaintenanceOrder"),
    comment=("PATCH", ""),
    upload=("POST", "/AttachmentContentSet"),
    also={"records": "notifications", "notification_type": "M2"},
    also_path="/MaintenanceNotification",
    conditional=True,
)
MAINTAINX = Product(
    kind="maintainx",
    start=MaintainXServer,
    connector=MaintainX.connect,
    options={},
    secrets={"token": TOKEN},
    create=("POST", "/workorders"),
    comment=("POST", "/comments"),
    upload=("PUT", "/chart.png"),
    also={"records": "requests"},
    also_path="/workrequests",
    conditional=False,
)
ATLAS = Product(
    kind="atlas",
    start=AtlasServer,
    connector=Atlas.connect,
    options={},
    secrets={"user": ATLAS_LOGIN[0], "password": ATLAS_LOGIN[1]},
    create=("POST", "/work-orders"),
    comment=("POST", "/comments"),
    upload=("PATCH", "/add"),
    also={"records": "requests"},
    also_path="/requests/search",
    conditional=False,
)
SERVICENOW = Product(
    kind="servicenow",
    start=ServiceNowServer,
    connector=ServiceNow.connect,
    options={"mode_field": "u_failure_mode"},
    secrets={"user": SERVICENOW_LOGIN[0], "password": SERVICENOW_LOGIN[1]},
    create=("POST", "/wm_order"),
    comment=("PATCH", ""),
    upload=("POST", "/file"),
    also={"table": "incident", "mode_field": ""},
    also_path="/incident",
    conditional=True,
)
PRODUCTS = {one.kind: one for one in (MAXIMO, SAP, MAINTAINX, ATLAS, SERVICENOW)}
