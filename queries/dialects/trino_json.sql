-- JSON as Trino (Athena engine version 3) has them and DuckDB has not.
-- Facts: trino.io/docs/current/functions. Each macro takes and gives what Trino's of its name does;
-- what a plain expression of DuckDB's says as well, translated queries have that, and no macro.

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
