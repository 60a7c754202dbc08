/**
 * PostgreSQL's rows of pg_type for the types that exist here, their arrays and the pseudo-types that clients look up:
 * oid typname typlen typbyval typtype typcategory typispreferred typdelim typrelid typelem typarray typinput typoutput
 * typreceive typsend typmodin typmodout typalign typstorage typcollation.
 * Source: the catalogs of PostgreSQL 15.
 */
export const PG_TYPE_ROWS: string = `
16 bool 1 t b B t , 0 0 1000 1242 1243 2436 2437 0 0 c p 0
17 bytea -1 f b U f , 0 0 1001 1244 31 2412 2413 0 0 i x 0
18 char 1 t b Z f , 0 0 1002 1245 33 2434 2435 0 0 c p 0
19 name 64 f b S f , 0 18 1003 34 35 2422 2423 0 0 c p 950
20 int8 8 t b N f , 0 0 1016 460 461 2408 2409 0 0 d p 0
21 int2 2 t b N f , 0 0 1005 38 39 2404 2405 0 0 s p 0
22 int2vector -1 f b A f , 0 21 1006 40 41 2410 2411 0 0 i p 0
23 int4 4 t b N f , 0 0 1007 42 43 2406 2407 0 0 i p 0
24 regproc 4 t b N f , 0 0 1008 44 45 2444 2445 0 0 i p 0
25 text -1 f b S t , 0 0 1009 46 47 2414 2415 0 0 i x 100
26 oid 4 t b N t , 0 0 1028 1798 1799 2418 2419 0 0 i p 0
30 oidvector -1 f b A f , 0 26 1013 54 55 2420 2421 0 0 i p 0
114 json -1 f b U f , 0 0 199 321 322 323 324 0 0 i x 0
199 _json -1 f b A f , 0 114 0 750 751 2400 2401 0 0 i x 0
700 float4 4 t b N f , 0 0 1021 200 201 2424 2425 0 0 i p 0
701 float8 8 t b N t , 0 0 1022 214 215 2426 2427 0 0 d p 0
705 unknown -2 f p X f , 0 0 0 109 110 2416 2417 0 0 c p 0
1000 _bool -1 f b A f , 0 16 0 750 751 2400 2401 0 0 i x 0
1001 _bytea -1 f b A f , 0 17 0 750 751 2400 2401 0 0 i x 0
1002 _char -1 f b A f , 0 18 0 750 751 2400 2401 0 0 i x 0
1003 _name -1 f b A f , 0 19 0 750 751 2400 2401 0 0 i x 950
1005 _int2 -1 f b A f , 0 21 0 750 751 2400 2401 0 0 i x 0
1007 _int4 -1 f b A f , 0 23 0 750 751 2400 2401 0 0 i x 0
1008 _regproc -1 f b A f , 0 24 0 750 751 2400 2401 0 0 i x 0
1009 _text -1 f b A f , 0 25 0 750 751 2400 2401 0 0 i x 100
1014 _bpchar -1 f b A f , 0 1042 0 750 751 2400 2401 2913 2914 i x 100
1015 _varchar -1 f b A f , 0 1043 0 750 751 2400 2401 2915 2916 i x 100
1016 _int8 -1 f b A f , 0 20 0 750 751 2400 2401 0 0 d x 0
1021 _float4 -1 f b A f , 0 700 0 750 751 2400 2401 0 0 i x 0
1022 _float8 -1 f b A f , 0 701 0 750 751 2400 2401 0 0 d x 0
1028 _oid -1 f b A f , 0 26 0 750 751 2400 2401 0 0 i x 0
1042 bpchar -1 f b S f , 0 0 1014 1044 1045 2430 2431 2913 2914 i x 100
1043 varchar -1 f b S f , 0 0 1015 1046 1047 2432 2433 2915 2916 i x 100
1082 date 4 t b D f , 0 0 1182 1084 1085 2468 2469 0 0 i p 0
1083 time 8 t b D f , 0 0 1183 1143 1144 2470 2471 2909 2910 d p 0
1114 timestamp 8 t b D f , 0 0 1115 1312 1313 2474 2475 2905 2906 d p 0
1115 _timestamp -1 f b A f , 0 1114 0 750 751 2400 2401 2905 2906 d x 0
1182 _date -1 f b A f , 0 1082 0 750 751 2400 2401 0 0 i x 0
1183 _time -1 f b A f , 0 1083 0 750 751 2400 2401 2909 2910 d x 0
1184 timestamptz 8 t b D t , 0 0 1185 1150 1151 2476 2477 2907 2908 d p 0
1185 _timestamptz -1 f b A f , 0 1184 0 750 751 2400 2401 2907 2908 d x 0
1186 interval 16 f b T t , 0 0 1187 1160 1161 2478 2479 2903 2904 d p 0
1187 _interval -1 f b A f , 0 1186 0 750 751 2400 2401 2903 2904 d x 0
1231 _numeric -1 f b A f , 0 1700 0 750 751 2400 2401 2917 2918 i x 0
1700 numeric -1 f b N f , 0 0 1231 1701 1702 2460 2461 2917 2918 i m 0
2205 regclass 4 t b N f , 0 0 2210 2218 2219 2452 2453 0 0 i p 0
2206 regtype 4 t b N f , 0 0 2211 2220 2221 2454 2455 0 0 i p 0
2210 _regclass -1 f b A f , 0 2205 0 750 751 2400 2401 0 0 i x 0
2211 _regtype -1 f b A f , 0 2206 0 750 751 2400 2401 0 0 i x 0
2249 record -1 f p P f , 0 0 2287 2290 2291 2402 2403 0 0 d x 0
2275 cstring -2 f p P f , 0 0 1263 2292 2293 2500 2501 0 0 c p 0
2276 any 4 t p P f , 0 0 0 2294 2295 0 0 0 0 i p 0
2277 anyarray -1 f p P f , 0 0 0 2296 2297 2502 2503 0 0 d x 0
2278 void 4 t p P f , 0 0 0 2298 2299 3120 3121 0 0 i p 0
2279 trigger 4 t p P f , 0 0 0 2300 2301 0 0 0 0 i p 0
2283 anyelement 4 t p P f , 0 0 0 2312 2313 0 0 0 0 i p 0
2776 anynonarray 4 t p P f , 0 0 0 2777 2778 0 0 0 0 i p 0
2950 uuid 16 f b U f , 0 0 2951 2952 2953 2961 2962 0 0 c p 0
2951 _uuid -1 f b A f , 0 2950 0 750 751 2400 2401 0 0 i x 0
3802 jsonb -1 f b U f , 0 0 3807 3806 3804 3805 3803 0 0 i x 0
3807 _jsonb -1 f b A f , 0 3802 0 750 751 2400 2401 0 0 i x 0
4089 regnamespace 4 t b N f , 0 0 4090 4084 4085 4087 4088 0 0 i p 0
4090 _regnamespace -1 f b A f , 0 4089 0 750 751 2400 2401 0 0 i x 0
`;

/** Their input and output functions: oid and name. Clients find types by them. */
export const PG_IO_FUNCTIONS: string = `
31 byteaout, 33 charout, 34 namein, 35 nameout, 38 int2in, 39 int2out, 40 int2vectorin, 41 int2vectorout,
42 int4in, 43 int4out, 44 regprocin, 45 regprocout, 46 textin, 47 textout, 54 oidvectorin, 55 oidvectorout,
109 unknownin, 110 unknownout, 200 float4in, 201 float4out, 214 float8in, 215 float8out, 321 json_in,
322 json_out, 323 json_recv, 324 json_send, 460 int8in, 461 int8out, 750 array_in, 751 array_out,
1044 bpcharin, 1045 bpcharout, 1046 varcharin, 1047 varcharout, 1084 date_in, 1085 date_out, 1143 time_in,
1144 time_out, 1150 timestamptz_in, 1151 timestamptz_out, 1160 interval_in, 1161 interval_out, 1242 boolin,
1243 boolout, 1244 byteain, 1245 charin, 1312 timestamp_in, 1313 timestamp_out, 1701 numeric_in,
1702 numeric_out, 1798 oidin, 1799 oidout, 2218 regclassin, 2219 regclassout, 2220 regtypein, 2221 regtypeout,
2290 record_in, 2291 record_out, 2292 cstring_in, 2293 cstring_out, 2294 any_in, 2295 any_out,
2296 anyarray_in, 2297 anyarray_out, 2298 void_in, 2299 void_out, 2300 trigger_in, 2301 trigger_out,
2312 anyelement_in, 2313 anyelement_out, 2400 array_recv, 2401 array_send, 2402 record_recv, 2403 record_send,
2404 int2recv, 2405 int2send, 2406 int4recv, 2407 int4send, 2408 int8recv, 2409 int8send, 2410 int2vectorrecv,
2411 int2vectorsend, 2412 bytearecv, 2413 byteasend, 2414 textrecv, 2415 textsend, 2416 unknownrecv,
2417 unknownsend, 2418 oidrecv, 2419 oidsend, 2420 oidvectorrecv, 2421 oidvectorsend, 2422 namerecv,
2423 namesend, 2424 float4recv, 2425 float4send, 2426 float8recv, 2427 float8send, 2430 bpcharrecv,
2431 bpcharsend, 2432 varcharrecv, 2433 varcharsend, 2434 charrecv, 2435 charsend, 2436 boolrecv,
2437 boolsend, 2444 regprocrecv, 2445 regprocsend, 2452 regclassrecv, 2453 regclasssend, 2454 regtyperecv,
2455 regtypesend, 2460 numeric_recv, 2461 numeric_send, 2468 date_recv, 2469 date_send, 2470 time_recv,
2471 time_send, 2474 timestamp_recv, 2475 timestamp_send, 2476 timestamptz_recv, 2477 timestamptz_send,
2478 interval_recv, 2479 interval_send, 2500 cstring_recv, 2501 cstring_send, 2502 anyarray_recv,
2503 anyarray_send, 2777 anynonarray_in, 2778 anynonarray_out, 2903 intervaltypmodin, 2904 intervaltypmodout,
2905 timestamptypmodin, 2906 timestamptypmodout, 2907 timestamptztypmodin, 2908 timestamptztypmodout,
2909 timetypmodin, 2910 timetypmodout, 2913 bpchartypmodin, 2914 bpchartypmodout, 2915 varchartypmodin,
2916 varchartypmodout, 2917 numerictypmodin, 2918 numerictypmodout, 2952 uuid_in, 2953 uuid_out,
2961 uuid_recv, 2962 uuid_send, 3120 void_recv, 3121 void_send, 3803 jsonb_send, 3804 jsonb_out,
3805 jsonb_recv, 3806 jsonb_in, 4084 regnamespacein, 4085 regnamespaceout, 4087 regnamespacerecv,
4088 regnamespacesend
`;
