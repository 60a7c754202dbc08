/** Texts of values that cases are made of: ordinary ones, and those on the borders. */

export const INTEGERS: readonly string[] = ['0', '1', '-1', '7', '-13', '100', '32767', '-32768', '2147483647', '-2147483648', '9223372036854775807', '-9223372036854775808'];
export const NUMERICS: readonly string[] = ['0', '0.00', '1', '-1', '1.5', '-2.5', '0.001', '123456789.123456789', '99999999999999999999', '0.0000000000000001', '1e-20', '1e20', '7.77', '3', '12345.678', 'NaN', 'Infinity', '-Infinity'];
export const DOUBLES: readonly string[] = ['0', '-0', '1', '-1.5', '0.1', '1e15', '1e-5', '123456789012345', '1234567890123456', '1e300', '1e-300', '5e-324', '1.7976931348623157e308', 'NaN', 'Infinity', '-Infinity', '100000', '0.0001', '2.5', '3.5'];
export const TIMESTAMPS: readonly string[] = [
  '2024-02-29 12:34:56.789', '1970-01-01 00:00:00', '1969-12-31 23:59:59.999999', '2000-01-01', '0001-01-01 00:00:00', '0044-03-15 10:00:00 BC', '294245-10-31 23:59:59.999999',
  'infinity', '-infinity', '2023-12-31 23:59:59.9999995', '1999-01-04 00:00:00', '2021-01-03 08:00:00', '4713-11-24 00:00:00 BC',
];
export const INTERVALS: readonly string[] = [
  '1 year 2 mons 3 days 04:05:06.789', '-1 day', '1 mon -1 day +02:03:04', '00:00:00', '-00:00:01.5', 'P1Y2M3DT4H5M6.5S', '1-2', '3 4:05:06', '1.5 months', '2 weeks', '1.5 days', '@ 1 hour ago',
  '-1 year -2 mons +3 days -04:05:06', '0.3 years', '100:00:00', '1 century 2 decades', '1.25 hours', '500 ms', '-1.5 years 3 days',
];
export const JSON_TEXTS: readonly string[] = ['{"b": 1, "a": [1, 2.50, true, null]}', '[]', '{}', '"x\\u00e9\\n"', '1e2', '1.10', 'null', '{"aa":1,"b":2,"b":3,"":0}', '[{"x":[[]]}]', '{"a":', '[1,]', '01', 'tru', '"\\ud83d\\ude00"', '{"10":1,"9":2}'];
