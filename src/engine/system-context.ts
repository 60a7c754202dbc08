import type { SessionInfo, SystemContext } from '../catalog/system/context.ts';
import { OWNER_OID } from '../catalog/system/model.ts';
import { SYSTEM_RELATIONS } from '../catalog/system/registry.ts';
import { builtins } from '../functions/registry.ts';
import { checkpointInfos, errorInfos, lateInfos, splitInfos } from './job-table.ts';
import type { SessionState } from './session-state.ts';
import { definitionOf } from './definition.ts';

/** What system relations show of the engine, for one session at one version of the catalog. All but the catalog is live. */
export function systemContext(session: SessionState): SystemContext {
  const { core } = session;
  return {
    catalog: session.catalog, session: session.facts, sessionId: session.id, database: session.database,
    get nowMicros() {
      return session.nowMicros;
    },
    definition: (object) => (object.kind === 'table' ? null : definitionOf(object)),
    functions: () => builtins.all(),
    relations: () => SYSTEM_RELATIONS,
    settings: () => session.settings.list(),
    roles: () => [{ oid: OWNER_OID, name: session.options.user, superuser: true, login: true }],
    sessions: () => Array.from(core.sessions.values(), sessionInfo),
    jobs: () => core.jobs.infos(core.runtime),
    jobErrors: () => errorInfos(core.records, core.jobs),
    lateRows: () => lateInfos(core.records),
    checkpoints: () => checkpointInfos(core.runtime),
    splits: () => splitInfos(core.runtime, core.records),
    cursors: () => Array.from(session.cursors, ([name, c]) => ({ name, ...c.info })),
    operators: () => session.operators,
  };
}

function sessionInfo(s: SessionState): SessionInfo {
  const { transaction } = s;
  const waiting = transaction === null ? 'idle' : transaction.failed ? 'idle in transaction (aborted)' : 'idle in transaction';
  return {
    pid: s.id, user: s.options.user, database: s.database, applicationName: s.settings.text('application_name'), clientAddress: null, clientPort: null, startedAt: s.startedAt,
    queryStartedAt: s.running?.startedAt ?? null, state: s.running === null ? waiting : 'active', query: s.running?.text ?? s.lastText,
  };
}
