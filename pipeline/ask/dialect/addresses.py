"""IP addresses: IPADDRESS is the text that Trino writes of it, compared by its bits.

Facts: trino.io/docs/current/language/types.html#ipaddress and functions/ipaddress.html. A network
that is written out becomes a plain condition on that text, which is many times faster than its
bits: 10.0.0.0/8 is what starts with `10.`.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network

from sqlglot import exp

from pipeline.ask.dialect.call import Call, cast, function, number, text
from pipeline.ask.dialect.kinds import INTEGER, TRUTH, set_kind


def contains_address(call: Call) -> exp.Expr:
    """Tell whether an address is in a network.

    Raises:
        QueryError: what is written as a network is none.
    """
    prefix, address = call.args
    if not isinstance(prefix, exp.Literal):
        return function("trino_ip_in", prefix, address, kind=TRUTH)
    try:
        network = ip_network(prefix.name, strict=False)
    except ValueError as wrong:
        raise call.refuse(f"has a network that is none: {prefix.name}") from wrong
    if "/" not in prefix.name:
        step = "write it as 10.0.0.0/8"
        raise call.refuse(f"has a network without its size: {prefix.name}", step)
    if isinstance(network, IPv6Network):
        return set_kind(exp.paren(_in_ipv6(network, address)), TRUTH)
    return set_kind(exp.paren(_in_ipv4(network, address)), TRUTH)


def _in_ipv4(network: IPv4Network, address: exp.Expr) -> exp.Expr:
    """Compare whole numbers of the address as text, and the one that the network cuts as number."""
    parts = str(network.network_address).split(".")
    n_whole, n_bits = divmod(network.prefixlen, 8)
    if n_whole == 4:
        return exp.EQ(this=address, expression=text(str(network.network_address)))
    if not n_whole and not n_bits:
        return exp.not_(_is_ipv6(address))
    start = text("".join(f"{part}." for part in parts[:n_whole]))
    starts = function("starts_with", address, start)
    if not n_bits:
        return starts
    low = int(parts[n_whole])
    part = function("split_part", address.copy(), text("."), number(n_whole + 1))
    cut = exp.Between(
        this=exp.TryCast(this=part, to=exp.DataType.build("integer")),
        low=number(low),
        high=number(low + 2 ** (8 - n_bits) - 1),
    )
    return exp.and_(starts, cut) if n_whole else exp.and_(exp.not_(_is_ipv6(address)), cut)


def _in_ipv6(network: IPv6Network, address: exp.Expr) -> exp.Expr:
    first, last = (
        cast(text(str(int(end))), "uhugeint")
        for end in (network.network_address, network.broadcast_address)
    )
    bits = function("trino_ipv6_number", address.copy())
    return exp.and_(_is_ipv6(address), exp.Between(this=bits, low=first, high=last))


def _is_ipv6(address: exp.Expr) -> exp.Expr:
    return function("contains", address.copy(), text(":"))


def order_addresses(node: exp.Ordered) -> exp.Expr:
    """Sort addresses by their bits, not by their text.

    DuckDB takes no expression of an alias that stands for what may fail, as a cast does; the text
    that is cast has the same bits.
    """
    address = node.this
    query = node.find_ancestor(exp.Select)
    for item in query.expressions if query else []:
        is_named = isinstance(address, exp.Column) and not address.table
        if is_named and isinstance(item, exp.Alias) and item.alias == address.name:
            if not isinstance(item.this, exp.Cast) or not isinstance(item.this.this, exp.Column):
                return node
            address = item.this.this.copy()
            break
    node.set("this", function("trino_ip_number", address, kind=INTEGER))
    return node
