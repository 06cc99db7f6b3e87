"""客户 ``BD_Customer`` ↔ ``Customer``, 物料 ``BD_MATERIAL`` → ``Product``."""

from __future__ import annotations

from erplink.erp.kingdee.forms.bill import (
    LOCAL_CURRENCY,
    MASTER,
    MASTER_STATUS,
    extras,
    merged,
    of_organisation,
    refuse_unwritable,
)
from erplink.erp.kingdee.forms.recipe import Recipe
from erplink.erp.kingdee.query import FormQuery
from erplink.errors import ConfigInvalid
from erplink.mapping.codecs import ID
from erplink.mapping.fields import DocumentMapping, Field, Model
from erplink.model.documents import Customer, Product


def customers() -> DocumentMapping:
    """The mapping of customers."""
    return DocumentMapping(
        entity="customers",
        source="BD_Customer",
        document=Customer,
        key="FCUSTID",
        number="FNumber",
        fields=(Field("FCUSTID", "id", ID), *MASTER, Field("FTEL", "phone", save="FTEL")),
        rules=(MASTER_STATUS,),
    )


def products() -> DocumentMapping:
    """The mapping of materials."""
    return DocumentMapping(
        entity="products",
        source="BD_MATERIAL",
        document=Product,
        key="FMATERIALID",
        number="FNumber",
        fields=(Field("FMATERIALID", "id", ID), *MASTER, Field("FMaterialGroup.FNumber", "category")),
        rules=(MASTER_STATUS,),
    )


async def customer_model(query: FormQuery, customer: Customer) -> Model:
    """The Model of a new customer, who trades in the local currency. Raises ``ConfigInvalid`` without a name."""
    where = f"customer {customer.number}"
    if not customer.name:
        raise ConfigInvalid("the customer has no name", where=where, next_step="fill it in, then create it")
    refuse_unwritable(query.mapping, customer, where)
    model: Model = {
        "FCUSTID": 0,
        "FTRADINGCURRID": LOCAL_CURRENCY,
        **of_organisation(query, "FCreateOrgId", "FUseOrgId"),
        **query.mapping.build(customer),
    }
    return merged(model, extras(query, "customers")[0])


def customer_content(customer: Customer) -> object:
    """Name and phone."""
    return customer.name, customer.phone


CUSTOMER = Recipe(Customer, customer_model, customer_content, "another name or phone")
