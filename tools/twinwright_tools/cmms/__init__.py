"""Computerized maintenance management systems (CMMS): one Protocol, and a connector for each product."""
