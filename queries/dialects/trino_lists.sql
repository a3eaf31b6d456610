-- Lists and maps as Trino (Athena engine version 3) has them and DuckDB has not.
-- Facts: trino.io/docs/current/functions. Each macro takes and gives what Trino's of its name does;
-- what a plain expression of DuckDB's says as well, translated queries have that, and no macro.

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
