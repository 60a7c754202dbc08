create table emp (id int primary key, name text, dept int, salary numeric, hired date);
create table dept (id int primary key, title text);
create table ev (id bigint, ts timestamp, v double precision, tag varchar(10));
create table t (id int primary key, k int, s text, d decimal(10, 2));
create table u (id int primary key, k int, b boolean, ts timestamp(3));
create table w (id int, k int, l bigint, s text);
create table doc (id int primary key, j jsonb, tags text[], n int[]);
create table val (id int primary key, i2 smallint, i4 int, i8 bigint, f4 real, f8 double precision, n numeric, s text, v varchar(4), d date, tm time, ts timestamp, tz timestamptz, iv interval, b boolean);
insert into emp values (1,'ann',10,100.5,'2020-01-01'),(2,'bob',10,200,'2020-02-01'),(3,'cid',20,150.25,'2019-05-05'),(4,'dee',null,300,null),(5,'eve',30,null,'2021-12-31'),(6,'ann',20,150.25,'2020-01-01');
insert into dept values (10,'dev'),(20,'ops'),(40,'hr');
insert into ev values (1,'2024-01-01 00:00:01',1.5,'a'),(2,'2024-01-01 00:00:05',2.5,'b'),(3,'2024-01-01 00:00:11',null,'a'),(4,null,4,'c'),(5,'2024-01-01 00:01:00',-1,null);
insert into t values (1,0,'a',1.50),(2,1,'b',0.00),(3,1,null,2.25),(4,2,'','-1.50'),(5,null,'A',null),(6,3,'bé%',1.50),(7,1,'a',0.00);
insert into u values (1,1,true,'2024-01-01 00:00:01.500'),(2,0,false,'2024-01-01 00:00:00'),(3,null,null,null),(4,4,true,'2024-01-01 00:00:05'),(8,1,false,'2024-01-01 00:00:01.500');
insert into w values (1,1,3000000000,'a'),(1,1,3000000000,'a'),(2,0,null,'b'),(3,2,1,null),(null,null,null,null),(4,1,0,'A'),(5,-1,4,'');
insert into doc values (1,'{"a": 1, "b": {"c": [1, 2, 3]}, "name": "x"}','{red,green}','{1,2,3}'),(2,'[1, "two", null]','{}','{}'),(3,'{"a": "one", "b": null}','{blue,NULL}','{4,NULL}'),(4,null,null,null),(5,'{"a": 2.50, "b": {"c": []}}','{red}','{3,3}');
insert into val values (1,0,0,0,0,0,0,'','','1970-01-01','00:00:00','1970-01-01 00:00:00','1970-01-01 00:00:00+00','00:00:00',true),
 (2,1,-1,1,1.5,-1.5,1.50,'abc','ABCD','2024-02-29','12:34:56.789','2024-02-29 12:34:56.789','2024-02-29 12:34:56.789+00','1 day',false),
 (3,null,null,null,null,null,null,null,null,null,null,null,null,null,null),
 (4,32767,2147483647,9223372036854775807,1e10,1e300,12345678901234567890.123,'Hello World','é😀x','9999-12-31','23:59:59.999999','1999-12-31 23:59:59.999999','1999-12-31 23:30:00-05','1 year 2 mons 3 days 04:05:06.5',true),
 (5,-32768,-2147483648,-9223372036854775808,-0.5,0.1,-0.001,'-12','a b','0001-01-01','04:05:06','1969-12-31 23:59:59','2024-07-01 10:00:00+02','-1 mon',null),
 (6,7,42,1000000,2.5,2.5,7,'a,b,,c','','2000-01-01','08:00:00','2000-01-01 08:00:00','2000-01-01 00:00:00+00','36:00:00',false);
