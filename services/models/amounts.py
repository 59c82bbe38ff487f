"""Scanned bytes and their price as text."""


def size_words(size: float) -> str:
    """Bytes as AWS's price lists count them: `27.5 MB`."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if size >= factor:
            return f"{size / factor:.1f} {unit}"
    return f"{size / 1000:.0f} KB"


def yen_words(yen: float) -> str:
    """Yen with as many decimals as are significant."""
    return f"¥{yen:,.0f}" if yen >= 100 else f"¥{yen:.1f}" if yen >= 0.1 or not yen else "< ¥0.1"
