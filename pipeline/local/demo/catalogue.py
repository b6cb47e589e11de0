"""What the shop sells and where, and what people write: in six languages and with emoji.

Data only. Prices are in euro cents; a country's rate turns them into minor units of its currency.
"""

from random import Random
from typing import Any, Final, NamedTuple

Json = dict[str, Any]


class Country(NamedTuple):
    """A market."""

    code: str
    locale: str
    currency: str
    rate: float
    """Minor units for a euro cent."""
    offset: int
    """Minutes ahead of UTC."""
    share: int
    language: str


class Product(NamedTuple):
    """Something to sell."""

    id: str
    category: str
    name: str
    cents: int


COUNTRIES: Final = (
    Country("DE", "de-DE", "EUR", 1.0, 120, 30, "en"),
    Country("US", "en-US", "USD", 1.1, -300, 25, "en"),
    Country("AE", "ar-AE", "AED", 4.0, 240, 15, "ar"),
    Country("IR", "fa-IR", "IRR", 450.0, 210, 10, "fa"),
    Country("TH", "th-TH", "THB", 38.0, 420, 12, "th"),
    Country("JP", "ja-JP", "JPY", 1.6, 540, 8, "ja"),
)
SHARES: Final = tuple(country.share for country in COUNTRIES)
STORES: Final = {
    "DE": "berlin-mitte",
    "US": "austin-2nd",
    "AE": "dubai-marina",
    "IR": "tehran-vanak",
    "TH": "bangkok-siam",
    "JP": "tokyo-shibuya",
}
CAMPAIGNS: Final = (
    {"source": "newsletter", "medium": "email", "name": "spring"},
    {"source": "search", "medium": "cpc", "name": "brand"},
    {"source": "instagram", "medium": "social", "name": "عروض-الربيع"},
    {"source": "line", "medium": "social", "name": "ลดราคา"},
)
CAMPAIGN_PAGES: Final = ("spring-sale", "gift-guide")
POPUPS: Final = (("newsletter", "newsletter", 0.08), ("ten-percent", "discount", 0.25))
"""Popup, its purpose, and how many click it."""

_NAMES: Final = {
    "shoes": ("Trail runner", "حذاء رياضي", "کفش کوهنوردی", "รองเท้าผ้าใบ", "Loafer"),
    "coats": ("Rain coat", "معطف شتوي", "پالتو بلند", "เสื้อกันฝน", "Parka 🧥"),
    "books": ("Atlas", "ألف ليلة وليلة", "شاهنامه", "นิทานพื้นบ้าน", "和英辞典"),
    "kitchen": ("Moka pot ☕", "إبريق قهوة", "قوری چای", "ครกหิน", "包丁"),
    "garden": ("Watering can", "بذور ورد", "گلدان سفالی", "ปุ๋ยกล้วยไม้", "Secateurs"),
    "toys": ("Wooden train 🚂", "دمية قماش", "پازل", "ตุ๊กตาช้าง", "けん玉"),
}
PRODUCTS: Final = tuple(
    Product(
        f"{category}-{index:02}",
        category,
        names[index % len(names)],
        490 + 730 * ((index * 7 + len(category)) % 23),
    )
    for category, names in _NAMES.items()
    for index in range(12)
)
CATEGORIES: Final = tuple(_NAMES)

QUERIES: Final = {
    "en": ("rain coat", "gift for dad", "moka pot", "trail shoes 🏃", "asdfgh"),
    "ar": ("معطف", "هدية عيد ميلاد", "قهوة", "حذاء رياضي"),
    "fa": ("پالتو", "هدیه برای مادر", "کفش", "می‌خواهم گلدان"),
    "th": ("รองเท้า", "ของขวัญวันเกิด 🎁", "กาแฟ", "เสื้อกันฝน"),
    "ja": ("傘", "コーヒー", "包丁 贈り物", "絵本"),
}
QUESTIONS: Final = {
    "en": ("Where is my parcel?", "It does not fit 😕", "Can I still change the address?"),
    "ar": ("أين طلبي؟", "المقاس غير مناسب 😕", "هل يمكنني تغيير العنوان؟"),
    "fa": ("بستهٔ من کجاست؟", "اندازه‌اش درست نیست", "می‌توانم نشانی را عوض کنم؟"),
    "th": ("พัสดุของฉันอยู่ที่ไหน", "ใส่ไม่พอดี 😕", "เปลี่ยนที่อยู่ได้ไหม"),
    "ja": ("荷物はどこですか。", "サイズが合いません。", "住所を変更できますか。"),
}
PRAISE: Final = {
    "en": ("Quick and friendly 👍", "Just what I wanted", "Great value"),
    "ar": ("خدمة ممتازة 👍", "وصل بسرعة، شكرًا لكم", "جودة رائعة"),
    "fa": ("خیلی خوب بود 👍", "سپاس از شما", "کیفیت عالی"),
    "th": ("บริการดีมาก 👍", "ส่งไวมาก ขอบคุณค่ะ", "คุ้มค่า"),
    "ja": ("とても良かったです 👍", "早く届きました", "満足です"),
}
COMPLAINTS: Final = {
    "en": ("Too slow 😡", "Nobody answers", "It came broken 💔"),
    "ar": ("التوصيل متأخر جدًا 😡", "لا أحد يرد", "وصل مكسورًا 💔"),
    "fa": ("خیلی دیر رسید 😡", "کسی پاسخ نمی‌دهد", "شکسته رسید 💔"),
    "th": ("ช้ามาก 😡", "ไม่มีใครตอบ", "ของแตก 💔"),
    "ja": ("遅すぎます 😡", "返事がありません", "壊れていました 💔"),
}
GIVEN_NAMES: Final = (
    "Ada",
    "Noor",
    "นภา",
    "سارا",
    "علي",
    "مریم",
    "สมชาย",
    "花子",
    "Grace",
    "Tomé",
    "Zoë",
    "Łukasz",
)


def money(cents: int, country: Country) -> Json:
    """Give a price in euro cents as money of the country, in minor units."""
    return {"amount": int(cents * country.rate), "currency": country.currency}


def line(product: Product, quantity: int, country: Country) -> Json:
    """Give a line of an order."""
    return {
        "product_id": product.id,
        "price": money(product.cents, country),
        "quantity": quantity,
        "category": product.category,
        "name": product.name,
    }


def country_of(rng: Random) -> Country:
    """Choose a market by its share."""
    return rng.choices(COUNTRIES, SHARES)[0]
