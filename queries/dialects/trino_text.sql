-- Texts and times as Trino (Athena engine version 3) has them and DuckDB has not.
-- Facts: trino.io/docs/current/functions. Each macro takes and gives what Trino's of its name does;
-- what a plain expression of DuckDB's says as well, translated queries have that, and no macro.

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

create or replace macro trino_trim(text) as trim(text, e' \t\n\r\f\u000b');
create or replace macro trino_ltrim(text) as ltrim(text, e' \t\n\r\f\u000b');
create or replace macro trino_rtrim(text) as rtrim(text, e' \t\n\r\f\u000b');

create or replace macro trino_pairs_of(text, entry_delimiter, key_delimiter) as
    list_transform(
        list_filter(string_split(text, entry_delimiter), lambda entry: entry <> ''),
        lambda entry: case
            when strpos(entry, key_delimiter) = 0
                then error(concat('Key-value delimiter must appear in each entry: ', entry))
            else row(
                left(entry, strpos(entry, key_delimiter) - 1),
                entry[strpos(entry, key_delimiter) + length(key_delimiter):]
            )
        end
    );

create or replace macro trino_split_to_map(text, entry_delimiter, key_delimiter) as
    map_from_entries(trino_pairs_of(text, entry_delimiter, key_delimiter));

create or replace macro trino_split_to_multimap(text, entry_delimiter, key_delimiter) as
    trino_all_entries(trino_pairs_of(text, entry_delimiter, key_delimiter));

-- the place of the nth part; below 0 it is counted from the end
create or replace macro trino_strpos_nth(text, part, nth) as
    case
        when nth = 0 then error('instance must not be 0')
        when abs(nth) >= len(string_split(text, part)) then 0
        else length(array_to_string(
            string_split(text, part)[
                1:case when nth > 0 then nth else len(string_split(text, part)) + nth end
            ],
            part
        )) + 1
    end;

create or replace macro trino_replace(text, part, instead) as
    case
        when part <> '' then replace(text, part, instead)
        when part = '' and text = '' then instead
        when part = ''
            then instead || array_to_string(list_transform(
                string_split(text, ''), lambda letter: letter || instead
            ), '')
    end;

create or replace macro trino_codepoint(text) as
    case
        when length(text) = 1 then unicode(text)
        when text is not null then error('codepoint takes one character')
    end;

create or replace macro trino_lpad(text, size, padding) as
    case
        when size < 0 then error('Target length must not be negative')
        when padding = '' then error('Padding string must not be empty')
        else lpad(text, cast(size as integer), padding)
    end;

create or replace macro trino_rpad(text, size, padding) as
    case
        when size < 0 then error('Target length must not be negative')
        when padding = '' then error('Padding string must not be empty')
        else rpad(text, cast(size as integer), padding)
    end;

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
        when typeof(moment) = 'TIMESTAMP WITH TIME ZONE'
            then strftime(moment, '%Y-%m-%dT%H:%M:%S.%gZ')
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

create or replace macro trino_counted(number, word) as
    case
        when number > 0
            then concat(number, ' ', word, case when number = 1 then '' else 's' end)
    end;

create or replace macro trino_human_readable_seconds(number) as
    list_transform(
        [cast(round(abs(number)) as bigint)],
        lambda seconds: case
            when seconds = 0 then '0 seconds'
            when seconds is not null
                then concat_ws(
                    ', ',
                    trino_counted(seconds // 604800, 'week'),
                    trino_counted(seconds % 604800 // 86400, 'day'),
                    trino_counted(seconds % 86400 // 3600, 'hour'),
                    trino_counted(seconds % 3600 // 60, 'minute'),
                    trino_counted(seconds % 60, 'second')
                )
        end
    )[1];

-- addresses of the web

create or replace macro trino_url_part(url, pattern, place) as
    case
        when not regexp_matches(url, '[\s<>"{}|\\^`]') then regexp_extract(url, pattern, place)
    end;

create or replace macro trino_url_decode(text) as url_decode(replace(text, '+', ' '));

create or replace macro trino_url_encode(text) as
    replace(replace(replace(url_encode(text), '%20', '+'), '%2A', '*'), '~', '%7E');

create or replace macro trino_url_parameter(query, name) as
    trino_url_decode(list_transform(
        list_filter(string_split(query, '&'), lambda pair: string_split(pair, '=')[1] = name),
        lambda pair: coalesce(array_to_string(string_split(pair, '=')[2:], '='), '')
    )[1]);
