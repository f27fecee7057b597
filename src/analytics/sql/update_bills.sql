UPDATE span
SET cost_nano = bill.cost_nano, cost_reason = bill.cost_reason, price = bill.price
FROM temp.bill AS bill
WHERE span.start_ns BETWEEN ? AND ?
    AND span.trace_id = bill.trace_id
    AND span.span_id = bill.span_id;
