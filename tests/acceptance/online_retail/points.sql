-- Points of every customer under P1: 1 point per 1.00 of net paid goods, rounded down per order, returns taken back.
-- One statement, no code shared with the project. Parameter 1: the parquet file.
--
-- Which rows are facts
--   * order numbers that start with C are returns (they name no order); those that start with A are not loaded;
--   * a row without a customer belongs to nobody; a negative quantity outside a return is a write-off, not a sale;
--   * a negative price is not loaded; services (postage, fees, manual entries, vouchers) are neither basis nor matched;
--   * the time of a document is the earliest time of its rows (services included).
-- How figures are rounded
--   * line amount in pence = quantity x price, rounded half up once;
--   * the part of a line that is kept = amount x kept / sold units, rounded half up once;
--   * points of an order = its kept pence, summed, divided by 100, rounded down once.
-- How a return is matched (per customer and product, in order of time, then document number, then row)
--   * candidates: sold lines with an amount above zero, strictly earlier than the return, with units left;
--     newer first (time, then document number, then row);
--   * the newest candidate that has enough units for the whole return line gives them all;
--   * if there is none, candidates give what they have from newest to oldest; what is still missing takes nothing back.
WITH RECURSIVE
documents AS (
    SELECT *, min(invoice_date) OVER (PARTITION BY invoice_no) AS moment
    FROM read_parquet(?)
),
facts AS (
    SELECT
        "row" AS position,
        invoice_no AS document,
        starts_with(invoice_no, 'C') AS is_return,
        stock_code AS product,
        customer_id AS customer,
        moment,
        abs(quantity) AS units,
        -- exact: the product is DECIMAL with three places, and round() takes halves away from zero
        CAST(round(abs(quantity) * unit_price, 2) * 100 AS BIGINT) AS pence
    FROM documents
    WHERE NOT starts_with(invoice_no, 'A')
      AND customer_id IS NOT NULL
      AND unit_price >= 0
      AND CASE WHEN starts_with(invoice_no, 'C') THEN quantity < 0 ELSE quantity > 0 END
      AND stock_code NOT IN ('POST', 'DOT', 'C2', 'D', 'M', 'm', 'BANK CHARGES', 'AMAZONFEE', 'CRUK', 'S', 'B')
      AND NOT starts_with(stock_code, 'gift_')
),
sold AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY customer, product ORDER BY moment DESC, document DESC, position DESC) AS n
    FROM facts
    WHERE NOT is_return AND pence > 0
),
-- one row per customer and product: its candidates from newest to oldest, side by side
shelf AS (
    SELECT
        customer,
        product,
        list(moment ORDER BY n) AS moment,
        list(units ORDER BY n) AS units
    FROM sold
    GROUP BY customer, product
),
returned AS (
    SELECT
        customer,
        product,
        moment,
        units,
        row_number() OVER (PARTITION BY customer, product ORDER BY moment, document, position) AS step
    FROM facts
    WHERE is_return
),
-- step by step: what every candidate has left after the first, second, ... return line of this customer and product
matching AS (
    SELECT customer, product, 0 AS step, moment, units AS remaining
    FROM shelf
    UNION ALL
    SELECT
        customer,
        product,
        step,
        moment,
        CASE
            WHEN whole > 0 THEN
                list_transform(remaining, lambda have, n: have - CASE WHEN n = whole THEN wanted ELSE 0 END)
            ELSE
                list_transform(
                    remaining,
                    lambda have, n:
                        have - least(usable[n], greatest(wanted - coalesce(list_sum(usable[1:n - 1]), 0), 0))
                )
        END
    FROM (
        SELECT *, coalesce(list_position(list_transform(usable, lambda have: have >= wanted), true), 0) AS whole
        FROM (
            SELECT
                m.customer,
                m.product,
                r.step,
                m.moment,
                m.remaining,
                r.units AS wanted,
                list_transform(m.remaining, lambda have, n: CASE WHEN m.moment[n] < r.moment THEN have ELSE 0 END) AS usable
            FROM matching AS m
            JOIN returned AS r ON r.customer = m.customer AND r.product = m.product AND r.step = m.step + 1
        )
    )
),
settled AS (
    SELECT customer, product, arg_max(remaining, step) AS remaining
    FROM matching
    GROUP BY customer, product
),
orders AS (
    SELECT
        sold.customer,
        sold.document,
        -- halves up in whole numbers: (2 x pence x kept + units) / (2 x units), rounded down
        sum((2 * sold.pence * settled.remaining[sold.n] + sold.units) // (2 * sold.units)) // 100 AS points
    FROM sold
    JOIN settled USING (customer, product)
    GROUP BY sold.customer, sold.document
)
SELECT CAST(customer AS VARCHAR) AS customer, CAST(sum(points) AS BIGINT) AS points
FROM orders
GROUP BY customer
ORDER BY customer
