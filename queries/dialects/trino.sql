-- Functions of Trino (Athena engine version 3) that DuckDB has not, or gives another answer to.
-- Facts: trino.io/docs/current/functions. Each takes and gives what Trino's of that name does; where
-- a plain expression of DuckDB's says the same, translated queries have that and no macro is here.

-- json: of what is no JSON, and where a path leads nowhere, null; json_extract_scalar gives null
-- of an object or array, the text of anything else

create or replace macro trino_json_extract_scalar(document, json_path) as
    case
        when json_valid(document) then json_value(document, json_path) ->> '$'
    end;

create or replace macro trino_json_type(document, json_path) as
    case when json_valid(document) then json_type(document, json_path) end;

create or replace macro trino_json_extract(document, json_path) as
    case
        when json_valid(document) then json_extract(document, json_path)
    end;

create or replace macro trino_json_extract_all(document, json_path) as
    case
        when json_valid(document) then to_json(json_extract(document, json_path))
    end;

create or replace macro trino_json_exists(document, json_path) as
    case
        when json_valid(document) then json_exists(document, json_path)
        when document is not null then false
    end;

create or replace macro trino_json_exists_any(document, json_path) as
    case
        when json_valid(document) then len(json_extract(document, json_path)) > 0
        when document is not null then false
    end;

-- json_query: an array of what was found, or the only value of what was found
create or replace macro trino_json_array_of(found) as
    case when found is not null then json_array(found) end;

create or replace macro trino_json_only(found) as
    case when json_array_length(found) = 1 then json_extract(found, '$[0]') end;

-- json_value: what stands instead of a value where there is none, and where it is no scalar
create or replace macro trino_json_value(document, json_path, found, empty, wrong) as
    case
        when found is not null then found
        when document is null then null
        when not json_valid(document) then wrong
        else case trino_json_type(document, json_path)
            when 'ARRAY' then wrong
            when 'OBJECT' then wrong
            when 'NULL' then null
            else empty
        end
    end;

create or replace macro trino_json_array_length(document) as
    case
        when json_valid(document) and json_type(document) = 'ARRAY'
            then cast(json_array_length(document) as bigint)
    end;

create or replace macro trino_json_array_contains(document, wanted) as
    case
        when json_valid(document) and json_type(document) = 'ARRAY'
            then len(list_filter(
                cast(cast(document as json) as json []),
                lambda item: json_type(item) = json_type(to_json(wanted))
                and item ->> '$' = to_json(wanted) ->> '$'
            )) > case when wanted is not null then 0 end
    end;

create or replace macro trino_json_array_get(document, place) as
    case
        when json_valid(document) and json_type(document) = 'ARRAY'
            then cast(cast(document as json) as json [])[
                case when place < 0 then place else place + 1 end
            ]
    end;

create or replace macro trino_json_size(document, json_path) as
    case
        when json_valid(document)
            then cast(
                json_array_length(document, json_path)
                + coalesce(len(json_keys(document, json_path)), 0) as bigint
            )
    end;

create or replace macro trino_is_json_scalar(document) as
    json_type(document) not in ('ARRAY', 'OBJECT');

-- text

create or replace macro trino_split_part(text, delimiter, place) as
    case
        when place < 1 then error('Index must be greater than zero')
        else string_split(text, delimiter)[place]
    end;

create or replace macro trino_try_split_part(text, delimiter, place) as
    case when place > 0 then string_split(text, delimiter)[place] end;

create or replace macro trino_split_limit(text, delimiter, most) as
    case
        when len(string_split(text, delimiter)) <= most then string_split(text, delimiter)
        else list_append(
            string_split(text, delimiter)[1:most - 1],
            array_to_string(string_split(text, delimiter)[most:], delimiter)
        )
    end;

create or replace macro trino_split_to_map(text, entry_delimiter, key_delimiter) as
    map_from_entries(
        list_transform(
            list_filter(string_split(text, entry_delimiter), lambda entry: entry <> ''),
            lambda entry: struct_pack(
                k := string_split(entry, key_delimiter)[1],
                v := string_split(entry, key_delimiter)[2]
            )
        )
    );

create or replace macro trino_substr(text, first) as
    case
        when first = 0 or abs(first) > length(text) then ''
        else substr(text, first)
    end;

create or replace macro trino_substr_length(text, first, size) as
    case
        when first = 0 or abs(first) > length(text) or size <= 0 then ''
        else substr(text, first, size)
    end;

create or replace macro trino_strpos_nth(text, part, nth) as
    case
        when len(string_split(text, part)) <= nth then 0
        else length(array_to_string(string_split(text, part)[1:nth], part)) + 1
    end;

create or replace macro trino_trim(text) as trim(text, e' \t\n\r\f\u000b');
create or replace macro trino_ltrim(text) as ltrim(text, e' \t\n\r\f\u000b');
create or replace macro trino_rtrim(text) as rtrim(text, e' \t\n\r\f\u000b');

-- regular expressions: no match is null; a place counts from 1, none is -1

create or replace macro trino_regexp_extract(text, pattern) as
    case when regexp_matches(text, pattern) then regexp_extract(text, pattern) end;

create or replace macro trino_regexp_extract_group(text, pattern, capture) as
    case when regexp_matches(text, pattern) then regexp_extract(text, pattern, capture) end;

create or replace macro trino_regexp_position(text, pattern) as
    case
        when regexp_matches(text, pattern)
            then length(regexp_extract(text, concat('(?s)^(.*?)(?-s:', pattern, ')'), 1)) + 1
        when text is not null and pattern is not null then -1
    end;

-- time: whole units, weeks from Monday, months that end where the shorter one ends

create or replace macro trino_date_add(unit, amount, moment) as
    moment + case lower(unit)
        when 'millisecond' then to_milliseconds(cast(amount as bigint))
        when 'second' then to_seconds(cast(amount as bigint))
        when 'minute' then to_minutes(cast(amount as bigint))
        when 'hour' then to_hours(cast(amount as bigint))
        when 'day' then to_days(cast(amount as integer))
        when 'week' then to_weeks(cast(amount as integer))
        when 'month' then to_months(cast(amount as integer))
        when 'quarter' then to_months(cast(amount as integer) * 3)
        when 'year' then to_years(cast(amount as integer))
        else error(concat('''', unit, ''' is not a valid unit of time'))
    end;

create or replace macro trino_iso8601(moment) as
    case
        when typeof(moment) = 'DATE' then strftime(moment, '%Y-%m-%d')
        when typeof(moment) = 'TIMESTAMP WITH TIME ZONE' then strftime(moment, '%Y-%m-%dT%H:%M:%S.%gZ')
        else strftime(moment, '%Y-%m-%dT%H:%M:%S.%g')
    end;

-- days, and what is left of a day; or years and months
create or replace macro trino_interval_text(span) as
    case
        when datepart('month', span) <> 0 or datepart('year', span) <> 0
            then concat(datepart('year', span), '-', datepart('month', span))
        else list_transform(
            [cast(epoch_ms(span) as bigint)],
            lambda whole: concat(
                case when whole < 0 then '-' else '' end,
                abs(whole) // 86400000,
                strftime(make_timestamp_ms(abs(whole) % 86400000), ' %H:%M:%S.%g')
            )
        )[1]
    end;

create or replace macro trino_human_readable_seconds(number) as
    list_transform([round(abs(number))], lambda seconds: case when seconds is not null then coalesce(nullif(array_to_string(list_filter(
        [
            case
                when seconds >= 604800
                    then printf('%d week%s', cast(seconds // 604800 as bigint),
                        case when seconds // 604800 = 1 then '' else 's' end)
            end,
            case
                when seconds % 604800 >= 86400
                    then printf('%d day%s', cast(seconds % 604800 // 86400 as bigint),
                        case when seconds % 604800 // 86400 = 1 then '' else 's' end)
            end,
            case
                when seconds % 86400 >= 3600
                    then printf('%d hour%s', cast(seconds % 86400 // 3600 as bigint),
                        case when seconds % 86400 // 3600 = 1 then '' else 's' end)
            end,
            case
                when seconds % 3600 >= 60
                    then printf('%d minute%s', cast(seconds % 3600 // 60 as bigint),
                        case when seconds % 3600 // 60 = 1 then '' else 's' end)
            end,
            case
                when seconds % 60 >= 1
                    then printf('%d second%s', cast(seconds % 60 as bigint),
                        case when cast(seconds % 60 as bigint) = 1 then '' else 's' end)
            end
        ],
        lambda part: part is not null
    ), ', '), ''), '0 seconds') end)[1];

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
            zeros := regexp_extract_all(concat(':', array_to_string(groups, ':'), ':'), '(?::0){2,}:')
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

-- lists and maps: places count from 1 and from the end; a subscript that leads nowhere is an error

create or replace macro trino_list_subscript(items, place) as
    case
        when place < 1 then error('SQL array indices start at 1')
        when place > len(items)
            then error(concat(
                'Array subscript must be less than or equal to array length: ', place, ' > ',
                len(items)
            ))
        else items[place]
    end;

create or replace macro trino_try_list_subscript(items, place) as
    case when place > 0 then items[place] end;

create or replace macro trino_try_map_subscript(entries, name) as entries[name];

create or replace macro trino_map_subscript(entries, name) as
    case
        when entries is null or name is null then null
        when map_contains(entries, name) then entries[name]
        else error(concat('Key not present in map: ', name))
    end;

create or replace macro trino_element_at(items, place) as items[place];

create or replace macro trino_list_element(items, place) as
    case when place = 0 then error('SQL array indices start at 1') else items[place] end;

create or replace macro trino_try_list_element(items, place) as
    case when place <> 0 then items[place] end;

create or replace macro trino_contains(items varchar, wanted) as
    trino_ip_in(items, wanted),
(items, wanted) as
    case
        when list_contains(items, wanted) then true
        when len(list_filter(items, lambda item: item is null)) > 0 or wanted is null then null
        else len(items) < 0
    end;

create or replace macro trino_any(found) as
    case
        when list_contains(found, true) then true
        when len(list_filter(found, lambda one: one is null)) > 0 then null
        when found is not null then false
    end;

create or replace macro trino_all(found) as
    case
        when list_contains(found, false) then false
        when len(list_filter(found, lambda one: one is null)) > 0 then null
        when found is not null then true
    end;

-- places in order of what stands there: what is equal comes together, so to find what comes twice
-- takes no look at all pairs
create or replace macro trino_by_value(items) as
    list_sort(list_transform(items, lambda item, place: row(item, place)));

create or replace macro trino_array_distinct(items) as
    list_transform(
        [trino_by_value(items)],
        lambda sorted: list_transform(
            list_sort(list_transform(
                list_filter(
                    sorted,
                    lambda one, place: place = 1 or one[1] is distinct from sorted[place - 1][1]
                ),
                lambda one: row(one[2], one[1])
            )),
            lambda one: one[2]
        )
    )[1];

-- maps of pairs of a key and a value: of a key that comes twice the first value, or all of them

create or replace macro trino_entries(pairs) as
    list_filter(pairs, lambda pair: struct_extract_at(pair, 1) is not null);

create or replace macro trino_keys_of(pairs) as
    trino_array_distinct(list_transform(pairs, lambda pair: struct_extract_at(pair, 1)));

create or replace macro trino_first_entries(pairs) as
    list_transform(
        [list_sort(list_transform(
            trino_entries(pairs), lambda pair, place: row(
                struct_extract_at(pair, 1), place, struct_extract_at(pair, 2)
            )
        ))],
        lambda sorted: map_from_entries(list_transform(
            list_filter(
                sorted,
                lambda one, place: place = 1 or one[1] is distinct from sorted[place - 1][1]
            ),
            lambda one: row(one[1], one[3])
        ))
    )[1];

create or replace macro trino_all_entries(pairs) as
    list_transform(
        [trino_entries(pairs)],
        lambda entries: map_from_entries(list_transform(
            trino_keys_of(entries),
            lambda key: row(key, list_transform(
                list_filter(entries, lambda pair: struct_extract_at(pair, 1) = key),
                lambda pair: struct_extract_at(pair, 2)
            ))
        ))
    )[1];

create or replace macro trino_array_join(items, delimiter) as
    coalesce(array_to_string(items, delimiter), case when items is not null then '' end);

create or replace macro trino_array_join_null(items, delimiter, instead) as
    coalesce(
        array_to_string(
            list_transform(items, lambda item: coalesce(cast(item as varchar), instead)), delimiter
        ),
        case when items is not null then '' end
    );

create or replace macro trino_array_position(items, wanted) as
    case
        when items is not null and wanted is not null
            then coalesce(list_position(items, wanted), 0)
    end;

-- the places of an item, of which the nth from the start or from the end is asked for
create or replace macro trino_places_of(items, wanted) as
    list_filter(range(1, len(items) + 1), lambda place: items[place] = wanted);

create or replace macro trino_array_position_nth(items, wanted, nth) as
    case
        when nth = 0 then error('array_position needs an instance other than 0')
        when items is not null and wanted is not null
            then coalesce(trino_places_of(items, wanted)[nth], 0)
    end;

create or replace macro trino_array_remove(items, wanted) as
    case
        when wanted is not null
            then list_filter(items, lambda item: item is null or item <> wanted)
    end;

create or replace macro trino_arrays_overlap(items, others) as
    case
        when list_has_any(items, others) then true
        when
            len(list_filter(items, lambda item: item is null)) > 0 and len(others) > 0
            or len(list_filter(others, lambda other: other is null)) > 0 and len(items) > 0
            then null
        when items is not null and others is not null then false
    end;

create or replace macro trino_contains_sequence(items, wanted) as
    case
        when items is not null and wanted is not null
            then len(list_filter(
                range(1, len(items) - len(wanted) + 2),
                lambda place: items[place:place + len(wanted) - 1] = wanted
            )) > 0
    end;

create or replace macro trino_trim_array(items, size) as
    case
        when size < 0 then error('size must not be negative')
        when size > len(items) then error('size must not exceed that of the array')
        else items[1:len(items) - size]
    end;

create or replace macro trino_sequence(start, stop) as
    generate_series(start, stop, case when stop < start then -1 else 1 end);

create or replace macro trino_sequence_by(start, stop, step) as
    case
        when step = 0 then error('step must not be zero')
        when sign(step) * sign(stop - start) < 0
            then error('sequence stop value lies on the other side than its step leads to')
        else generate_series(start, stop, step)
    end;

create or replace macro trino_array_max(items) as
    case when len(list_filter(items, lambda item: item is null)) = 0 then list_max(items) end;

create or replace macro trino_array_min(items) as
    case when len(list_filter(items, lambda item: item is null)) = 0 then list_min(items) end;

create or replace macro trino_array_intersect(items, others) as
    trino_array_distinct(list_filter(items, lambda item: len(list_filter(
        others, lambda other: other is not distinct from item
    )) > 0));

create or replace macro trino_array_except(items, others) as
    trino_array_distinct(list_filter(items, lambda item: len(list_filter(
        others, lambda other: other is not distinct from item
    )) = 0));

create or replace macro trino_slice(items, first, size) as
    case
        when first = 0 then error('SQL array indices start at 1')
        when size < 0 then error('length must be greater than or equal to 0')
        when size = 0 or abs(first) > len(items) then items[1:0]
        when first > 0 then items[first:first + size - 1]
        else items[len(items) + first + 1:len(items) + first + size]
    end;

create or replace macro trino_try_slice(items, first, size) as
    case
        when first = 0 or size < 0 then null
        when size = 0 or abs(first) > len(items) then items[1:0]
        when first > 0 then items[first:first + size - 1]
        else items[len(items) + first + 1:len(items) + first + size]
    end;

create or replace macro trino_cardinality(items map(varchar, varchar)) as
    cast(cardinality(items) as bigint),
(items) as
    cast(len(items) as bigint);

-- addresses of the web

create or replace macro trino_url_part(url, pattern, place) as
    case
        when regexp_matches(url, '^[A-Za-z][A-Za-z0-9+.-]*:')
            then regexp_extract(url, pattern, place)
    end;

create or replace macro trino_url_parameter(query, name) as
    url_decode(list_transform(
        list_filter(string_split(query, '&'), lambda pair: string_split(pair, '=')[1] = name),
        lambda pair: coalesce(array_to_string(string_split(pair, '=')[2:], '='), '')
    )[1]);
