-- Numbers and bytes as Trino has them.
-- Facts: trino.io/docs/current/functions/math.html, decimal.html, conversion.html, binary.html.

-- checksums: Trino takes and gives bytes

create or replace macro trino_md5(bytes) as unhex(md5(bytes));
create or replace macro trino_sha1(bytes) as unhex(sha1(bytes));
create or replace macro trino_sha256(bytes) as unhex(sha256(bytes));

-- numbers

create or replace macro trino_integer(text) as
    case
        when text is null then null
        when regexp_full_match(text, '[+-]?\d+') then cast(text as bigint)
        else error(concat('Cannot cast ''', text, ''' to a whole number'))
    end;

create or replace macro trino_try_integer(text) as
    case when regexp_full_match(text, '[+-]?\d+') then try_cast(text as bigint) end;

create or replace macro trino_width_bucket(number, low, high, buckets) as
    case
        when number < low then 0
        when number >= high then buckets + 1
        else cast(floor((number - low) * buckets / (high - low)) as bigint) + 1
    end;

create or replace macro trino_width_bucket_of(number, bins) as
    cast(len(list_filter(bins, lambda bin: bin <= number)) as bigint);

create or replace macro trino_from_base(digits, base) as
    list_reduce(
        list_transform(
            string_split(lower(digits), ''),
            lambda digit: cast(case
                when
                    strpos('0123456789abcdefghijklmnopqrstuvwxyz', digit) between 1 and base
                    then strpos('0123456789abcdefghijklmnopqrstuvwxyz', digit) - 1
                else error(concat('Not a valid base-', base, ' number: ', digits))
            end as bigint)
        ),
        lambda number, digit: number * base + digit
    );

create or replace macro trino_boolean(text) as
    case
        when lower(text) in ('true', 't', '1') then true
        when lower(text) in ('false', 'f', '0') then false
        when text is not null then error(concat('Cannot cast ''', text, ''' to BOOLEAN'))
    end;

create or replace macro trino_try_boolean(text) as
    case
        when lower(text) in ('true', 't', '1') then true
        when lower(text) in ('false', 'f', '0') then false
    end;

-- the digits of a double without its point and zeros at the end, and where the point stood; from
-- them comes its text, which has one digit before the point: 1.25E2
create or replace macro trino_double_digits(plain) as
    case
        when plain not like '0.%'
            then struct_pack(
                digits := rtrim(replace(plain, '.', ''), '0'), power := strpos(plain, '.') - 2
            )
        else struct_pack(
            digits := ltrim(replace(plain, '.', ''), '0'),
            power := length(ltrim(plain[3:], '0')) - length(plain[3:]) - 1
        )
    end;

create or replace macro trino_double_text(number) as
    case
        when isnan(number) then 'NaN'
        when isinf(number) then case when number < 0 then '-Infinity' else 'Infinity' end
        when number = 0 then '0.0E0'
        else list_transform(
            [regexp_extract(
                cast(abs(number) as varchar), '^([^e]*)(?:e(.*))?$', ['plain', 'exponent']
            )],
            lambda parts: list_transform(
                [trino_double_digits(
                    case when parts.plain like '%.%' then parts.plain else parts.plain || '.0' end
                )],
                lambda found: concat(
                    case when number < 0 then '-' else '' end,
                    left(found.digits, 1),
                    '.',
                    coalesce(nullif(found.digits[2:], ''), '0'),
                    'E',
                    found.power + cast(coalesce(nullif(parts.exponent, ''), '0') as integer)
                )
            )[1]
        )[1]
    end;

-- division where a query's text does not tell of what: whole numbers give whole ones, decimals as
-- many places as the one with more of them
create or replace macro trino_places(number) as
    coalesce(try_cast(regexp_extract(typeof(number), '^DECIMAL.*,(\d+)', 1) as integer), 0);

create or replace macro trino_divide(dividend, divisor) as
    case
        when regexp_matches(typeof(dividend), 'INT$') and regexp_matches(typeof(divisor), 'INT$')
            then case
                when divisor = 0 then error('Division by zero')
                else trunc(dividend / divisor)
            end
        when 'DOUBLE' in (typeof(dividend), typeof(divisor)) then dividend / divisor
        when trino_places(dividend) + trino_places(divisor) > 0
            then case
                when divisor = 0 then error('Division by zero')
                else round(
                    dividend / divisor, greatest(trino_places(dividend), trino_places(divisor))
                )
            end
        else dividend / divisor
    end;

create or replace macro trino_try_divide(dividend, divisor) as
    case
        when 'DOUBLE' in (typeof(dividend), typeof(divisor)) then dividend / divisor
        when divisor = 0 then null
        when regexp_matches(typeof(dividend), 'INT$') and regexp_matches(typeof(divisor), 'INT$')
            then trunc(dividend / divisor)
        else round(dividend / divisor, greatest(trino_places(dividend), trino_places(divisor)))
    end;
