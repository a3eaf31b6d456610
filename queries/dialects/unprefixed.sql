-- Functions of Athena by their own names, for DuckDB clients that open the file of
-- `trailhouse connect`. Only names that DuckDB has not: where it has a function of that name, a
-- client's own queries mean that one. Formats and JSON paths are DuckDB's where they differ in more
-- than a letter; `trailhouse sql --dialect athena` translates them.

create or replace macro json_extract_scalar(document, json_path) as
    trino_json_extract_scalar(document, json_path);
create or replace macro json_parse(document) as json(document);
create or replace macro json_format(document) as cast(json(document) as varchar);
create or replace macro json_size(document, json_path) as trino_json_size(document, json_path);
create or replace macro json_array_get(document, place) as trino_json_array_get(document, place);
create or replace macro is_json_scalar(document) as trino_is_json_scalar(document);

create or replace macro from_iso8601_timestamp(text) as cast(text as timestamptz);
create or replace macro from_iso8601_date(text) as cast(text as date);
create or replace macro to_iso8601(moment) as trino_iso8601(moment);
create or replace macro from_unixtime(seconds) as to_timestamp(seconds);
create or replace macro to_unixtime(moment) as epoch(moment);
create or replace macro date_format(moment, pattern) as
    strftime(moment, replace(replace(replace(pattern, '%i', '%M'), '%s', '%S'), '%T', '%H:%M:%S'));
create or replace macro day_of_week(moment) as isodow(moment);
create or replace macro day_of_month(moment) as day(moment);
create or replace macro day_of_year(moment) as dayofyear(moment);
create or replace macro week_of_year(moment) as week(moment);
create or replace macro year_of_week(moment) as isoyear(moment);
create or replace macro last_day_of_month(moment) as last_day(moment);
create or replace macro human_readable_seconds(seconds) as trino_human_readable_seconds(seconds);

create or replace macro regexp_like(text, pattern) as regexp_matches(text, pattern);
create or replace macro regexp_count(text, pattern) as len(regexp_extract_all(text, pattern));
create or replace macro regexp_position(text, pattern) as trino_regexp_position(text, pattern);
create or replace macro split_to_map(text, entry_delimiter, key_delimiter) as
    trino_split_to_map(text, entry_delimiter, key_delimiter);
create or replace macro codepoint(text) as unicode(text);
create or replace macro levenshtein_distance(text, other) as levenshtein(text, other);

create or replace macro array_join(items, delimiter) as trino_array_join(items, delimiter);
create or replace macro array_remove(items, wanted) as trino_array_remove(items, wanted);
create or replace macro array_max(items) as trino_array_max(items);
create or replace macro array_min(items) as trino_array_min(items);
create or replace macro array_union(items, others) as trino_array_distinct(list_concat(items, others));
create or replace macro array_except(items, others) as trino_array_except(items, others);
create or replace macro arrays_overlap(items, others) as list_has_any(items, others);

create or replace macro url_extract_host(url) as
    trino_url_part(url, '^[A-Za-z][A-Za-z0-9+.-]*://(?:[^/?#@]*@)?(\[[^\]]*\]|[^/?#:]*)', 1);
create or replace macro url_extract_path(url) as
    trino_url_part(url, '^[A-Za-z][A-Za-z0-9+.-]*:(?://[^/?#]*)?([^?#]*)', 1);
create or replace macro url_extract_query(url) as trino_url_part(url, '^[^?#]*\?([^#]*)', 1);
create or replace macro url_extract_parameter(url, name) as
    trino_url_parameter(url_extract_query(url), name);

create or replace macro is_in_network(prefix, address) as trino_ip_in(prefix, address);
create or replace macro to_utf8(text) as encode(text);
create or replace macro from_utf8(bytes) as decode(bytes);
create or replace macro bitwise_and(number, other) as number & other;
create or replace macro bitwise_or(number, other) as number | other;
