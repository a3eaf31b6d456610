-- What queries of CloudTrail Lake call, where its maps are read as the JSON text they come from.
-- noqa: disable=LT02

create or replace macro trino_json_subscript(document, path, name) as
    case
        when document is null then null
        when json_exists(document, path) then json_extract_string(document, path)
        else error(concat('Key not present in map: ', name))
    end;
