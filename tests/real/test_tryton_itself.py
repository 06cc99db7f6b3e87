from __future__ import annotations
import httpx, pytest
from tests.real.tryton import Tryton
pytestmark = pytest.mark.real
def test_x(tryton: Tryton) -> None:
    assert len(tryton.rows("select * from sale_sale")) == 60
    assert httpx.get(tryton.rest + "/sale.sale").status_code == 401
