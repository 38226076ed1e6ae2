"""The vocabulary of invented market news, as data: what is wanted, how it moves, what happens."""

from __future__ import annotations

Words = tuple[str, ...]

# More of it is good.
WANTED: Words = (
    "profit", "net profit", "sales", "revenue", "turnover", "cash flow", "demand", "output",
    "earnings", "margins", "order intake", "bookings", "exports", "market share", "savings",
    "productivity", "customer numbers", "reserves", "licence income", "repeat business",
)  # fmt: skip
# More of it is bad.
UNWANTED: Words = (
    "loss", "net loss", "costs", "debt", "complaints", "delays", "defects", "overheads",
    "bad loans", "waste", "accidents", "late deliveries", "refunds", "idle capacity", "rent bill",
    "fuel bill", "staff turnover", "warranty claims", "unsold stock", "arrears",
)  # fmt: skip
# More of it is neither.
IDLE: Words = (
    "number of board seats", "page count", "flag count", "newsletter length", "meeting length",
    "logo size", "menu length", "number of paintings", "postcode", "name length",
)  # fmt: skip

UP: Words = (
    "rose", "climbed", "grew", "increased", "jumped", "went up", "widened", "swelled", "expanded",
    "picked up", "edged up", "soared", "mounted", "doubled", "advanced", "surged",
)  # fmt: skip
DOWN: Words = (
    "fell", "dropped", "shrank", "decreased", "declined", "went down", "narrowed", "slid", "sank",
    "contracted", "eased", "edged down", "tumbled", "halved", "dipped", "receded",
)  # fmt: skip
FLAT: Words = ("was unchanged", "stayed flat", "stood still", "did not change", "was the same")

# Base forms, for clauses that turn a movement round.
RISE: Words = ("rise", "climb", "grow", "increase", "widen", "expand", "go up", "pick up")
DROP: Words = ("fall", "drop", "shrink", "decrease", "narrow", "contract", "go down", "ease")

# These judge by themselves, whatever they speak of.
BETTER: Words = ("improved", "got better", "looked healthier", "came right")
WORSE: Words = ("got worse", "deteriorated", "looked poorer", "went wrong")
ALIKE: Words = ("looked much the same", "were as before", "told nothing new")

# (what it expects, whether that keeps the direction of what is expected)
STANCES: tuple[tuple[str, int], ...] = (
    ("expects", 1), ("still expects", 1), ("now sees", 1), ("reported", 1), ("confirmed", 1),
    ("is heading for", 1), ("no longer expects", -1), ("does not expect", -1), ("ruled out", -1),
    ("avoided", -1), ("saw no sign of", -1), ("is past", -1),
)  # fmt: skip
ASIDE: Words = (
    "will say in {month} if it expects", "made no comment on", "was asked about",
    "will hold a talk on", "explained how it counts", "has a new form for reporting",
)  # fmt: skip
INCREASES: Words = ("a rise in", "an increase in", "growth in", "a jump in", "a widening of")
DECREASES: Words = ("a fall in", "a drop in", "a decline in", "a cut in", "a narrowing of")

NOTS: Words = ("did not", "will not", "did not after all")

# An event in three outcomes: (good, bad, neutral). "win|won": base form and past.
EVENTS: tuple[tuple[str, str, str], ...] = (
    ("win|won a {thing} order from {other}", "lose|lost a {thing} order to {other}",
     "will hear in {month} about a {thing} order"),
    ("raise|raised its dividend", "cut|cut its dividend", "will pay its dividend in {month}"),
    ("lift|lifted its outlook", "lower|lowered its outlook", "repeated its outlook"),
    ("beat|beat forecasts", "miss|missed forecasts", "will be told of forecasts in {month}"),
    ("win|won a court case against {other}", "lose|lost a court case against {other}",
     "moved a court case against {other} to {month}"),
    ("regain|regained its top credit rating", "forfeit|forfeited its top credit rating",
     "kept its credit rating"),
    ("reopen|reopened its {thing} plant", "shut|shut its {thing} plant",
     "painted its {thing} plant"),
    ("hire|hired more workers in {city}", "fire|fired workers in {city}",
     "met workers in {city}"),
    ("repay|repaid a loan early", "default|defaulted on a loan", "renamed a loan"),
    ("settle|settled a strike in {city}", "face|faced a strike in {city}",
     "published a history of a strike in {city}"),
    ("enter|entered the {thing} market", "quit|quit the {thing} market",
     "wrote a guide to the {thing} market"),
    ("secure|secured a patent on {thing} parts", "surrender|surrendered a patent on {thing} parts",
     "printed a patent on {thing} parts"),
    ("sign|signed {other} as a customer", "drop|dropped out of talks with {other}",
     "changed the room for talks with {other}"),
    ("pass|passed a safety check", "flunk|flunked a safety check", "booked a safety check"),
    ("find|found a buyer for its {thing} arm", "lack|lacked a buyer for its {thing} arm",
     "described its {thing} arm in a brochure"),
    ("finish|finished its {thing} project early", "delay|delayed its {thing} project",
     "named its {thing} project"),
    ("attract|attracted new lenders", "scare|scared off lenders", "listed its lenders"),
    ("renew|renewed its {thing} licence", "void|voided its {thing} licence",
     "framed its {thing} licence"),
    ("recover|recovered stolen {thing} goods", "recall|recalled faulty {thing} goods",
     "photographed {thing} goods"),
    ("win|won a grant in {city}", "owe|owed a fine in {city}", "rented a hall in {city}"),
    ("outsell|outsold {other}", "trail|trailed {other}", "sat beside {other} at a dinner"),
    ("unblock|unblocked its supply of {thing} parts",
     "exhaust|exhausted its supply of {thing} parts",
     "photographed its supply of {thing} parts"),
    ("please|pleased auditors", "alarm|alarmed auditors", "greeted auditors"),
    ("retain|retained its chief engineer", "offend|offended its chief engineer",
     "introduced its chief engineer"),
)  # fmt: skip

# Everything that is said with a word of its own, in the order in which the tokenizer meets it.
VOCABULARY: Words = (
    *WANTED, *UNWANTED, *IDLE, *UP, *DOWN, *FLAT, *RISE, *DROP, *BETTER, *WORSE, *ALIKE, *ASIDE,
    *(phrase for event in EVENTS for phrase in event),
)  # fmt: skip
