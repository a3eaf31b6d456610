-- IP addresses as Trino (Athena engine version 3) has them and DuckDB has not.
-- Facts: trino.io/docs/current/functions. Each macro takes and gives what Trino's of its name does;
-- what a plain expression of DuckDB's says as well, translated queries have that, and no macro.

-- addresses: IPADDRESS is its text, compared by its 128 bits. A list of one item gives an argument
-- a name, so that it stands in a query once however often it is used.

create or replace macro trino_ipv4_number(address) as
    list_transform([address], lambda ip:
        case
            when
                regexp_full_match(
                    ip,
                    '((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)'
                )
                then list_reduce(
                    list_transform(string_split(ip, '.'), lambda part: cast(part as uhugeint)),
                    lambda number, part: number * 256 + part
                ) + cast(281470681743360 as uhugeint)
        end
    )[1];

create or replace macro trino_ipv6_groups(address) as
    list_filter(string_split(address, ':'), lambda part: part <> '');

-- the last 32 bits may be written as an IPv4 address
create or replace macro trino_ipv6_plain(address) as
    list_transform([struct_pack(
        ip := address, tail := regexp_extract(address, ':(\d+\.\d+\.\d+\.\d+)$', 1)
    )], lambda given:
        case
            when given.tail <> '' then list_transform(
                [trino_ipv4_number(given.tail)],
                lambda number: concat(
                    left(given.ip, length(given.ip) - length(given.tail)),
                    lower(to_hex(cast((number // 65536) % 65536 as bigint))),
                    ':',
                    lower(to_hex(cast(number % 65536 as bigint)))
                )
            )[1]
            else given.ip
        end
    )[1];

create or replace macro trino_ipv6_filled(address) as
    list_transform([address], lambda ip:
        case
            when ip like '%::%' then list_transform(
                [struct_pack(
                    head := trino_ipv6_groups(split_part(ip, '::', 1)),
                    tail := trino_ipv6_groups(split_part(ip, '::', 2))
                )],
                lambda given: given.head
                || list_transform(
                    range(8 - len(given.head) - len(given.tail)), lambda place: '0'
                )
                || given.tail
            )[1]
            else string_split(ip, ':')
        end
    )[1];

create or replace macro trino_ipv6_number(address) as
    list_transform(
        [struct_pack(ip := address, parts := trino_ipv6_filled(trino_ipv6_plain(address)))],
        lambda given:
        case
            when
                given.ip like '%:%' and len(given.parts) = 8
                and len(string_split(given.ip, '::')) <= 2
                and len(list_filter(
                    given.parts, lambda part: not regexp_full_match(part, '[0-9a-fA-F]{1,4}')
                )) = 0
                then list_reduce(
                    list_transform(
                        given.parts,
                        lambda part: cast(cast(concat('0x', part) as integer) as uhugeint)
                    ),
                    lambda number, part: number * 65536 + part
                )
        end
    )[1];

create or replace macro trino_ip_number(address) as
    list_transform(
        [address],
        lambda ip: case
            when ip like '%:%' then trino_ipv6_number(ip)
            else trino_ipv4_number(ip)
        end
    )[1];

create or replace macro trino_is_ipv4(address) as
    regexp_full_match(
        address, '((25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)'
    );

-- eight groups of hexadecimal digits, the longest row of zeros left out: 2001:db8::1
create or replace macro trino_ipv6_written(groups) as
    list_transform(
        [struct_pack(
            whole := concat(':', array_to_string(groups, ':'), ':'),
            zeros := regexp_extract_all(
                concat(':', array_to_string(groups, ':'), ':'), '(?::0){2,}:'
            )
        )],
        lambda given: list_transform(
            [list_filter(given.zeros, lambda row: length(row) = list_max(
                list_transform(given.zeros, lambda other: length(other))
            ))[1]],
            lambda longest: case
                when longest is null then given.whole[2:-2]
                else concat(
                    left(given.whole, strpos(given.whole, longest) - 1)[2:],
                    '::',
                    given.whole[strpos(given.whole, longest) + length(longest):][:-2]
                )
            end
        )[1]
    )[1];

create or replace macro trino_ip_text(number) as
    list_transform([number], lambda bits: case
        when bits is null then null
        when bits >> cast(32 as uhugeint) = 65535
            then array_to_string(
                list_transform(
                    [24, 16, 8, 0], lambda place: (bits >> cast(place as uhugeint)) % 256
                ),
                '.'
            )
        else trino_ipv6_written(list_transform(
            [112, 96, 80, 64, 48, 32, 16, 0],
            lambda place: lower(to_hex(cast((bits >> cast(place as uhugeint)) % 65536 as bigint)))
        ))
    end)[1];

create or replace macro trino_try_ipaddress(address) as
    case
        when trino_is_ipv4(address) then address
        when contains(address, ':') then trino_ip_text(trino_ipv6_number(address))
    end;

create or replace macro trino_ipaddress(address) as
    list_transform([address], lambda ip:
        case
            when ip is null then null
            else coalesce(
                trino_try_ipaddress(ip), error(concat('Cannot cast value to IPADDRESS: ', ip))
            )
        end
    )[1];

-- the bits of a number that a prefix is about; all of a shift by 128 are gone
create or replace macro trino_ip_head(number, bits) as
    case when bits = 0 then cast(0 as uhugeint) else number >> cast(128 - bits as uhugeint) end;

create or replace macro trino_ip_in(prefix, address) as
    list_transform(
        [struct_pack(
            start := split_part(prefix, '/', 1),
            size := cast(split_part(prefix, '/', 2) as integer),
            ip := address
        )],
        lambda given: case
            when given.ip is null or trino_ip_number(given.ip) is null then null
            when (given.ip like '%:%') <> (given.start like '%:%') then false
            else list_transform(
                [given.size + case when given.start like '%:%' then 0 else 96 end],
                lambda bits: trino_ip_head(trino_ip_number(given.ip), bits)
                = trino_ip_head(trino_ip_number(given.start), bits)
            )[1]
        end
    )[1];
