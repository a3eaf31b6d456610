-- Casts of JSON, and of values whose type only DuckDB knows.
-- Facts: trino.io/docs/current/functions/json.html, cast from JSON. What has the wrong shape is an
-- error in cast, null in try_cast.

create or replace macro trino_try_json_text(document) as
    case json_type(document)
        when 'VARCHAR' then cast(document as json) ->> '$'
        when 'DOUBLE' then trino_double_text(try_cast(document as double))
        when 'ARRAY' then null
        when 'OBJECT' then null
        else cast(document as json) ->> '$'
    end;

create or replace macro trino_json_text(document) as
    case
        when json_type(document) in ('ARRAY', 'OBJECT')
            then error('Cannot cast JSON to varchar: it is no scalar')
        else trino_try_json_text(document)
    end;

create or replace macro trino_json_integer(document) as
    case json_type(document)
        when 'VARCHAR' then trino_integer(document ->> '$')
        when 'DOUBLE' then cast(round(try_cast(document as double)) as bigint)
        when 'BOOLEAN' then cast(try_cast(document as boolean) as bigint)
        when 'NULL' then null
        when 'ARRAY' then error('Cannot cast JSON to a whole number: it is no scalar')
        when 'OBJECT' then error('Cannot cast JSON to a whole number: it is no scalar')
        else try_cast(document as bigint)
    end;

create or replace macro trino_try_json_integer(document) as
    case json_type(document)
        when 'VARCHAR' then trino_try_integer(document ->> '$')
        when 'DOUBLE' then try_cast(round(try_cast(document as double)) as bigint)
        when 'BOOLEAN' then cast(try_cast(document as boolean) as bigint)
        when 'BIGINT' then try_cast(document as bigint)
        when 'UBIGINT' then try_cast(document as bigint)
    end;

create or replace macro trino_try_json_boolean(document) as
    case json_type(document)
        when 'VARCHAR' then trino_try_boolean(document ->> '$')
        when 'BOOLEAN' then try_cast(document as boolean)
        when 'ARRAY' then null
        when 'OBJECT' then null
        when 'NULL' then null
        else try_cast(document as double) <> 0
    end;

create or replace macro trino_json_boolean(document) as
    case
        when
            document is not null and json_type(document) <> 'NULL'
            and trino_try_json_boolean(document) is null
            then error('Cannot cast JSON to BOOLEAN')
        else trino_try_json_boolean(document)
    end;

create or replace macro trino_try_json_items(document) as
    case when json_type(document) = 'ARRAY' then try_cast(document as json []) end;

create or replace macro trino_json_items(document) as
    case
        when json_type(document) not in ('ARRAY', 'NULL')
            then error('Cannot cast JSON to an array: it is none')
        else trino_try_json_items(document)
    end;

create or replace macro trino_try_json_entries(document) as
    case
        when json_type(document) = 'OBJECT'
            then map_entries(try_cast(document as map(varchar, json)))
    end;

create or replace macro trino_json_entries(document) as
    case
        when json_type(document) not in ('OBJECT', 'NULL')
            then error('Cannot cast JSON to a map: it is no object')
        else trino_try_json_entries(document)
    end;

create or replace macro trino_try_json_is_row(document) as
    json_type(document) in ('ARRAY', 'OBJECT');

create or replace macro trino_json_is_row(document) as
    case
        when json_type(document) in ('ARRAY', 'OBJECT') then true
        when json_type(document) = 'NULL' or document is null then false
        else error('Cannot cast JSON to a row: it is neither an object nor an array')
    end;

create or replace macro trino_json_is_null(document) as
    document is null or json_type(document) = 'NULL';

create or replace macro trino_json_member(document, name, place) as
    case
        when json_type(document) = 'ARRAY' then json_extract(document, concat('$[', place, ']'))
        else coalesce(
            json_extract(document, '$."' || name || '"'),
            json_extract(document, '$."' || list_filter(
                json_keys(document), lambda key: lower(key) = lower(name)
            )[1] || '"')
        )
    end;

-- the text of a value whose type a query's text does not tell
create or replace macro trino_text(given) as
    case typeof(given)
        when 'DOUBLE' then trino_double_text(try_cast(given as double))
        when 'FLOAT' then trino_double_text(try_cast(given as float))
        when 'TIMESTAMP' then strftime(try_cast(given as timestamp), '%Y-%m-%d %H:%M:%S.%g')
        when 'TIMESTAMP WITH TIME ZONE'
            then strftime(try_cast(given as timestamptz), '%Y-%m-%d %H:%M:%S.%g UTC')
        when 'JSON' then trino_json_text(try_cast(given as json))
        else cast(given as varchar)
    end;

-- the name of a type as Trino has it, its lists, maps and rows too
create or replace macro trino_type_words(name) as
    replace(replace(replace(replace(replace(replace(replace(
        lower(name), '"null"', 'unknown'),
        'timestamp with time zone', 'TIMESTAMP(3) WITH TIME ZONE'),
        'timestamp', 'timestamp(3)'), 'TIMESTAMP', 'timestamp'), 'blob', 'varbinary'),
        'struct(', 'row('), 'tuple(', 'row(');

create or replace macro trino_typeof(given) as
    replace(replace(
        case
            when typeof(given) like '%[]'
                then concat('array(', trino_type_words(left(typeof(given), -2)), ')')
            else trino_type_words(typeof(given))
        end, 'WITH TIME ZONE', 'with time zone'), 'float', 'real');
