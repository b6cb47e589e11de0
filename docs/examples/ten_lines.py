"""Publish two interactions: `python docs/examples/ten_lines.py` after `cxstream up`."""

from pipeline.emit import Producer

shopper = {"source": "storefront-web", "channel": "web", "anonymous_id": "a-9f", "customer_id": "42"}
price = {"amount": 4990, "currency": "EUR"}
added = {"cart_id": "K7", "product_id": "boots", "quantity": 1, "price": price}
with Producer() as producer:
    producer.send({**shopper, "type": "products_searched", "data": {"query": "أحذية", "results_count": 12}})
    producer.send({**shopper, "type": "product_added", "data": added})
print(f"{producer.acknowledged} interactions acknowledged")
