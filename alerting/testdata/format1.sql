PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
INSERT INTO meta VALUES('identity','T6G6CUV4EWXL');
INSERT INTO meta VALUES('format','1');
CREATE TABLE alert (
	id      TEXT PRIMARY KEY,
	source  TEXT NOT NULL,          -- the check or rule: check/NAME, rule/NAME, passive/NAME/HASH
	episode INTEGER NOT NULL,       -- of the present or last problem, 0: none
	record  TEXT NOT NULL           -- JSON
) STRICT;
INSERT INTO alert VALUES('rule/Down/b96fd6866a4bc91d','rule/Down',1,'{"id":"rule/Down/b96fd6866a4bc91d","source":"rule/Down","key":"{instance=\"a\"}","labels":{"instance":"a"},"state":{"phase":2,"attempt":1,"since":"2023-11-14T22:13:21Z","bad_since":"2023-11-14T22:13:21Z"},"episode":1,"value":0,"summary":"Down is 0","message":{"version":1,"delivery":"","event":"problem","id":"rule/Down/b96fd6866a4bc91d","name":"Down","class":"threshold","state":"warning","severity":"warning","labels":{"instance":"a"},"value":0,"summary":"Down is 0","since":"2023-11-14T22:13:21Z","at":"2023-11-14T22:13:21Z","expr":"up == 0"}}');
INSERT INTO alert VALUES('check/web','check/web',2,'{"id":"check/web","source":"check/web","state":{"phase":2,"attempt":1,"since":"2023-11-14T22:13:21Z","bad_since":"2023-11-14T22:13:21Z"},"episode":2,"summary":"connection refused","message":{"version":1,"delivery":"","event":"problem","id":"check/web","name":"web","class":"up/down","state":"critical","severity":"critical","summary":"connection refused","since":"2023-11-14T22:13:21Z","at":"2023-11-14T22:13:21Z","target":"web:80"}}');
INSERT INTO alert VALUES('passive/app/bbcea22a60827020','passive/app/bbcea22a60827020',7,'{"id":"passive/app/bbcea22a60827020","source":"passive/app/bbcea22a60827020","labels":{"host":"h"},"state":{"phase":2,"attempt":1,"since":"2023-11-14T22:13:24Z","bad_since":"2023-11-14T22:13:24Z"},"episode":7,"summary":"reported critical","severity":"critical","message":{"version":1,"delivery":"","event":"problem","id":"passive/app/bbcea22a60827020","name":"app","class":"up/down","state":"critical","severity":"critical","labels":{"host":"h"},"summary":"reported critical","since":"2023-11-14T22:13:24Z","at":"2023-11-14T22:13:24Z"}}');
CREATE TABLE event (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	at       INTEGER NOT NULL,      -- Unix milliseconds, as all times here
	alert_id TEXT NOT NULL,
	event    TEXT NOT NULL          -- JSON
) STRICT;
INSERT INTO event VALUES(1,1700000001000,'rule/Down/b96fd6866a4bc91d','{"at":"2023-11-14T22:13:21Z","alert_id":"rule/Down/b96fd6866a4bc91d","name":"Down","labels":{"instance":"a"},"kind":"state","from":"ok","to":"warning","hard":true,"summary":"Down is 0"}');
INSERT INTO event VALUES(2,1700000001000,'check/web','{"at":"2023-11-14T22:13:21Z","alert_id":"check/web","name":"web","kind":"state","from":"ok","to":"critical","hard":true,"summary":"connection refused"}');
INSERT INTO event VALUES(3,1700000001000,'check/web','{"at":"2023-11-14T22:13:21Z","alert_id":"check/web","name":"web","kind":"notified","to":"critical","hard":true,"contact":"boss webhook","summary":"[CRITICAL] web is down"}');
INSERT INTO event VALUES(4,1700000001000,'rule/Down/b96fd6866a4bc91d','{"at":"2023-11-14T22:13:21Z","alert_id":"rule/Down/b96fd6866a4bc91d","name":"Down","labels":{"instance":"a"},"kind":"notified","to":"warning","hard":true,"contact":"boss webhook","summary":"[WARNING] Down on a: Down is 0"}');
INSERT INTO event VALUES(5,1700000001000,'check/web','{"at":"2023-11-14T22:13:21Z","alert_id":"check/web","name":"web","kind":"notified","to":"critical","hard":true,"contact":"ops webhook","summary":"[CRITICAL] web is down"}');
INSERT INTO event VALUES(6,1700000001000,'rule/Down/b96fd6866a4bc91d','{"at":"2023-11-14T22:13:21Z","alert_id":"rule/Down/b96fd6866a4bc91d","name":"Down","labels":{"instance":"a"},"kind":"notified","to":"warning","hard":true,"contact":"ops webhook","summary":"[WARNING] Down on a: Down is 0"}');
INSERT INTO event VALUES(7,1700000004000,'passive/app/bbcea22a60827020','{"at":"2023-11-14T22:13:24Z","alert_id":"passive/app/bbcea22a60827020","name":"app","labels":{"host":"h"},"kind":"state","from":"ok","to":"critical","hard":true,"summary":"reported critical"}');
INSERT INTO event VALUES(8,1700000004000,'passive/app/bbcea22a60827020','{"at":"2023-11-14T22:13:24Z","alert_id":"passive/app/bbcea22a60827020","name":"app","labels":{"host":"h"},"kind":"notified","to":"critical","hard":true,"contact":"ops webhook","summary":"[CRITICAL] app on h"}');
CREATE TABLE delivery (
	id       INTEGER PRIMARY KEY AUTOINCREMENT,
	alert_id TEXT NOT NULL,
	episode  INTEGER NOT NULL,
	event    TEXT NOT NULL CHECK (event IN ('problem', 'recovery')), -- begin or end, of whatever kind
	contact  TEXT NOT NULL,
	route    TEXT NOT NULL,
	message  TEXT NOT NULL,         -- JSON
	status   TEXT NOT NULL DEFAULT 'queued' CHECK (status IN ('queued', 'sent', 'failed', 'dropped')),
	attempts INTEGER NOT NULL DEFAULT 0,
	queued   INTEGER NOT NULL,
	due      INTEGER NOT NULL,      -- not to be tried before
	error    TEXT NOT NULL DEFAULT '',
	UNIQUE (alert_id, episode, event, contact, route)
) STRICT;
INSERT INTO delivery VALUES(1,'rule/Down/b96fd6866a4bc91d',1,'problem','ops','webhook','{"version":1,"delivery":"plimsoll.T6G6CUV4EWXL.1.problem","event":"problem","id":"rule/Down/b96fd6866a4bc91d","name":"Down","class":"threshold","state":"warning","severity":"warning","labels":{"instance":"a"},"value":0,"summary":"Down is 0","since":"2023-11-14T22:13:21Z","at":"2023-11-14T22:13:21Z","expr":"up == 0"}','sent',1,1700000001000,1700000001000,'');
INSERT INTO delivery VALUES(2,'rule/Down/b96fd6866a4bc91d',1,'problem','boss','webhook','{"version":1,"delivery":"plimsoll.T6G6CUV4EWXL.1.problem","event":"problem","id":"rule/Down/b96fd6866a4bc91d","name":"Down","class":"threshold","state":"warning","severity":"warning","labels":{"instance":"a"},"value":0,"summary":"Down is 0","since":"2023-11-14T22:13:21Z","at":"2023-11-14T22:13:21Z","expr":"up == 0"}','sent',1,1700000001000,1700000001000,'');
INSERT INTO delivery VALUES(3,'check/web',2,'problem','ops','webhook','{"version":1,"delivery":"plimsoll.T6G6CUV4EWXL.2.problem","event":"problem","id":"check/web","name":"web","class":"up/down","state":"critical","severity":"critical","summary":"connection refused","since":"2023-11-14T22:13:21Z","at":"2023-11-14T22:13:21Z","target":"web:80"}','sent',1,1700000001000,1700000001000,'');
INSERT INTO delivery VALUES(4,'check/web',2,'problem','boss','webhook','{"version":1,"delivery":"plimsoll.T6G6CUV4EWXL.2.problem","event":"problem","id":"check/web","name":"web","class":"up/down","state":"critical","severity":"critical","summary":"connection refused","since":"2023-11-14T22:13:21Z","at":"2023-11-14T22:13:21Z","target":"web:80"}','sent',1,1700000001000,1700000001000,'');
INSERT INTO delivery VALUES(5,'passive/app/bbcea22a60827020',7,'problem','ops','webhook','{"version":1,"delivery":"plimsoll.T6G6CUV4EWXL.7.problem","event":"problem","id":"passive/app/bbcea22a60827020","name":"app","class":"up/down","state":"critical","severity":"critical","labels":{"host":"h"},"summary":"reported critical","since":"2023-11-14T22:13:24Z","at":"2023-11-14T22:13:24Z"}','sent',1,1700000004000,1700000004000,'');
INSERT INTO delivery VALUES(6,'passive/app/bbcea22a60827020',7,'problem','boss','webhook','{"version":1,"delivery":"plimsoll.T6G6CUV4EWXL.7.problem","event":"problem","id":"passive/app/bbcea22a60827020","name":"app","class":"up/down","state":"critical","severity":"critical","labels":{"host":"h"},"summary":"reported critical","since":"2023-11-14T22:13:24Z","at":"2023-11-14T22:13:24Z"}','queued',2,1700000004000,1700000020000,'file already closed');
CREATE TABLE happening (
	id   INTEGER PRIMARY KEY AUTOINCREMENT,
	at   INTEGER NOT NULL,
	same TEXT NOT NULL,             -- equal for what is the same thing told again; '': nothing is
	event TEXT NOT NULL             -- JSON
) STRICT;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('event',8);
INSERT INTO sqlite_sequence VALUES('delivery',6);
CREATE INDEX happening_at ON happening (at, id);
CREATE INDEX happening_same ON happening (same, id) WHERE same != '';
CREATE INDEX delivery_queued ON delivery (contact, id) WHERE status = 'queued';
COMMIT;
