"""A visit: what one person does in the web shop or the app, from the first page to an order or to leaving.

What comes in: who visits, when, on what, and perhaps a cart from last time. What goes out: interactions in the script, and
the visit itself, which tells where the person stopped.
"""

from typing import Final, Literal

from pipeline.local.demo.catalogue import (
    CAMPAIGN_PAGES,
    CAMPAIGNS,
    CATEGORIES,
    POPUPS,
    PRODUCTS,
    QUERIES,
    Json,
    Product,
    line,
    money,
)
from pipeline.local.demo.experiment import HOME, Experiment
from pipeline.local.demo.people import Shopper
from pipeline.local.demo.script import SECOND, Script

Where = Literal["web", "app"]

SLOW_MS: Final = 4000


class Visit:
    """One visit under way."""

    def __init__(self, script: Script, shopper: Shopper, at: int, where: Where, *, machine: str = "") -> None:
        """Begin; `machine` is one that is not the person's own, such as a family's tablet."""
        self.script = script
        self.shopper = shopper
        self.at = at
        self.where: Where = where
        self.source = f"storefront-{where}"
        self.signed_in = False
        self.cart = ""
        self.items: list[tuple[Product, int]] = []
        self.who: Json = self._machine(machine)
        if shopper.consent is not None:
            self.who["consent"] = shopper.consent
        self.context = self._context()

    def _machine(self, machine: str) -> Json:
        if self.where == "web":
            return {"anonymous_id": machine or self.shopper.browser}
        if machine or self.shopper.device:
            return {"device_id": machine or self.shopper.device}
        self.signed_in = True
        return self.shopper.known()

    def _context(self) -> Json:
        country = self.shopper.country
        context: Json = {"country": country.code, "locale": country.locale}
        if self.where == "app":
            return {**context, "app_version": "7.2.0", "device": {"type": "phone"}}
        return {**context, "device": {"type": self.script.rng.choice(("desktop", "phone", "tablet"))}}

    def do(self, type_: str, data: Json | None = None, context: Json | None = None, pause: int = 40) -> None:
        """Do one thing, a little after the one before; `pause` in seconds is the longest wait."""
        self.at += 2 * SECOND + int(self.script.rng.random() * pause * SECOND)
        self.script.tell(self.source, type_, self.at, self.where, self.who, data, context or self.context)

    def sign_in(self, *, first: bool = False) -> None:
        """Say who it is; from now on every interaction carries the customer."""
        if not self.signed_in and self.shopper.customer:
            self.signed_in = True
            self.who = {**self.who, "customer_id": self.shopper.customer}
            self.do("signed_up" if first else "signed_in", {"method": "password"})

    def land(self) -> None:
        """Arrive, sometimes from a campaign, sometimes on a slow page."""
        script = self.script
        if self.where == "app":
            self.do("screen_viewed", {"screen": "home"})
            return
        context = {**self.context, "page": {"path": "/", "title": "Shop 🛍"}}
        if script.chance(0.25):
            context["campaign"] = script.rng.choice(CAMPAIGNS)
        self.do("page_viewed", {"path": "/"}, context)
        if script.chance(0.3):
            load = script.between(SLOW_MS, 9000) if script.chance(0.06) else script.between(180, 2600)
            self.do("page_loaded", {"path": "/", "load_ms": load}, pause=1)
        if script.chance(0.3 if "campaign" in context else 0.02):
            page = script.rng.choice(CAMPAIGN_PAGES)
            self.do("campaign_page_viewed", {"campaign_page_id": page, "path": f"/{page}"}, context)
        if script.chance(0.1):
            self.see(HOME)

    def see(self, experiment: Experiment) -> str:
        """See one's variation of an experiment, and give it."""
        variation = experiment.variation(self.shopper.browser)
        self.do("experiment_viewed", {"experiment_id": experiment.id, "variation_id": variation}, pause=1)
        return variation

    def look_around(self) -> None:
        """Search or leaf through lists, and look at products."""
        script = self.script
        if script.chance(0.45):
            self.search()
        else:
            self.do("product_list_viewed", {"list_id": script.rng.choice(CATEGORIES)})
        for _ in range(script.between(1, 4)):
            self.look_at(script.rng.choice(PRODUCTS))
        if script.chance(0.06):
            self._trouble()

    def search(self) -> None:
        """Search; one in ten searches finds nothing."""
        script = self.script
        query = script.rng.choice(QUERIES[self.shopper.country.language])
        found = 0 if script.chance(0.1) else script.between(1, 80)
        self.do("products_searched", {"query": query, "results_count": found})
        if found and script.chance(0.6):
            product = script.rng.choice(PRODUCTS)
            clicked = {"query": query, "product_id": product.id, "position": script.between(0, 9)}
            self.do("search_result_clicked", clicked)

    def look_at(self, product: Product) -> None:
        """Open a product; see recommendations, keep or share it."""
        script = self.script
        if script.chance(0.2):
            self.do("product_clicked", {"product_id": product.id, "list_id": product.category})
        price = money(product.cents, self.shopper.country)
        self.do(
            "product_viewed",
            {"product_id": product.id, "price": price, "category": product.category},
            pause=90,
        )
        if script.chance(0.25):
            self._recommend()
        if script.chance(0.03):
            self.do("product_added_to_wishlist", {"product_id": product.id, "price": price})
        if script.chance(0.015):
            self.do("product_shared", {"product_id": product.id, "medium": "whatsapp"})

    def _recommend(self) -> None:
        script = self.script
        shown = script.rng.sample(PRODUCTS, 3)
        products = [{"product_id": product.id} for product in shown]
        self.do("recommendation_viewed", {"widget_id": "also-bought", "products": products}, pause=3)
        if script.chance(0.22):
            clicked = {"widget_id": "also-bought", "product_id": shown[1].id, "position": 1}
            self.do("recommendation_clicked", clicked)

    def _trouble(self) -> None:
        script = self.script
        path = "/p/" + script.rng.choice(PRODUCTS).id
        self.do("error_shown", {"path": path, "code": script.rng.choice((500, 404, "E-PRICE"))})
        if script.chance(0.4):
            self.do("rage_clicked", {"path": path}, pause=3)

    def popup(self) -> None:
        """See a popup, and click or dismiss it."""
        name, purpose, likes = self.script.rng.choice(POPUPS)
        popup = {"popup_id": name}
        self.do("popup_shown", {**popup, "purpose": purpose}, pause=5)
        self.do("popup_clicked" if self.script.chance(likes) else "popup_dismissed", popup, pause=8)

    def fill_cart(self) -> None:
        """Put one to three products into a new cart; sometimes take one out, or try a coupon."""
        script = self.script
        self.cart = self.cart or f"K{script.number('cart'):06}"
        for _ in range(script.rng.choices((1, 2, 3), (6, 3, 1))[0]):
            self.add(script.rng.choice(PRODUCTS), script.rng.choices((1, 2, 4), (8, 2, 1))[0])
        if len(self.items) > 1 and script.chance(0.2):
            product, _ = self.items.pop()
            self.do("product_removed", {"cart_id": self.cart, "product_id": product.id})
        if script.chance(0.4):
            self.do("cart_viewed", {"cart_id": self.cart})
        if script.chance(0.12):
            denied = {"coupon_id": "OLD5", "reason": "expired", "cart_id": self.cart}
            applied = {"coupon_id": "SPRING", "cart_id": self.cart}
            self.do("coupon_denied", denied) if script.chance(0.3) else self.do("coupon_applied", applied)

    def add(self, product: Product, quantity: int) -> None:
        """Put a product into the cart."""
        self.items.append((product, quantity))
        price = money(product.cents, self.shopper.country)
        added = {"cart_id": self.cart, "product_id": product.id, "quantity": quantity, "price": price}
        self.do("product_added", {**added, "category": product.category})

    def lines(self) -> list[Json]:
        """Give the cart as the lines of an order."""
        return [line(product, quantity, self.shopper.country) for product, quantity in self.items]

    def leave(self) -> None:
        """Go; some sign out."""
        if self.signed_in and self.script.chance(0.08):
            self.do("signed_out")
