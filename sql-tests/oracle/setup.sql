create table emp (id int primary key, name text, dept int, salary numeric, hired date);
create table dept (id int primary key, title text);
create table ev (id bigint, ts timestamp, v double precision, tag varchar(10));
insert into emp values (1,'ann',10,100.5,'2020-01-01'),(2,'bob',10,200,'2020-02-01'),(3,'cid',20,150.25,'2019-05-05'),(4,'dee',null,300,null),(5,'eve',30,null,'2021-12-31'),(6,'ann',20,150.25,'2020-01-01');
insert into dept values (10,'dev'),(20,'ops'),(40,'hr');
insert into ev values (1,'2024-01-01 00:00:01',1.5,'a'),(2,'2024-01-01 00:00:05',2.5,'b'),(3,'2024-01-01 00:00:11',null,'a'),(4,null,4,'c'),(5,'2024-01-01 00:01:00',-1,null);
