// The seed, the Python version that this one replaces, had defects that were reproduced one by one. Each has a test that would fail on its way. This list tells
// which, and is tested itself: a test that is renamed or removed is missed.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../runtime/package-root.ts'

type Defect = [what: string, file: string, ...tests: string[]]

const defects: readonly Defect[] = [
  // Detection
  [
    'sensitivity had no effect: low, medium and high all were medium',
    'rules/zscore/zscore.test.ts',
    'of %s sensitivity on constant traffic; a mean equal to it does not cross it',
  ],
  [
    'the minute that is running was judged, so that the answer depended on the second',
    'rules/evaluate.test.ts',
    'is not judged before the grace is over, nor by the minute that is running',
  ],
  [
    'one minute too many was read, in no certain order',
    'rules/threshold/verdict.test.ts',
    'when every minute is known, it is crossed exactly if all minutes of the duration are over the limit',
  ],
  [
    'prefixes of a rule were judged one by one, never their sum',
    'rules/evaluate.test.ts',
    'is the sum of its prefixes, of both families',
  ],
  [
    'a rule without a duration never fired',
    'api/app.test.ts',
    'a threshold rule without a duration has one of a minute',
  ],
  [
    'a duration of more than an hour was taken, and never fired',
    'rules/threshold/verdict.test.ts',
    'a duration of 60 minutes can fire, and so can one of 1',
  ],
  [
    'a prefix named twice made the duration half as long',
    'rules/evaluate.test.ts',
    'counts once in nested prefixes, and in every rule that covers it',
  ],
  [
    'an attack entered its own baseline, and its alert ended while it went on',
    'rules/zscore/zscore.test.ts',
    'of 60 minutes is crossed in all of them, with %s sensitivity',
    'a verdict is what the book says, however calm, noisy or torn the traffic is',
  ],
  [
    'prefixes that were quiet or constant were never over their limit',
    'rules/zscore/zscore.test.ts',
    'that gets 50 Mbit/s crosses in the first minute: their mean of five is 10',
    'is not crossed by a night noise of 100 kbit/s',
  ],
  [
    'minutes without traffic were skipped, not counted as none',
    'rules/zscore/zscore.test.ts',
    'silence that is known counts as zero, what is unknown does not',
  ],
  [
    'attacks were looked for in the minute that has just begun, and never again',
    'rules/ddos/evaluate.test.ts',
    'a minute that has just begun does not hide the one before',
  ],
  [
    'attacks were not seen for seven days, or after one refresh was missed',
    'rules/ddos/evaluate.test.ts',
    'the floor is the limit, from the first minute on',
    'a week in which nothing is known does not make it blind',
  ],
  [
    'percentiles were those of fragments of minutes',
    'rules/ddos/evaluate.test.ts',
    'minutes are whole before percentiles are taken, however many rows they are in',
  ],
  [
    'a refresh wrote two days, and so two alerts',
    'rules/ddos/evaluate.test.ts',
    'a rule has one verdict of a vector, not one for each day that was stored',
  ],
  [
    'where nothing was usual every packet was an attack',
    'rules/ddos/evaluate.test.ts',
    'a packet where there never was one is none',
  ],
  [
    'the sensitivity to attacks was fixed, and not the same everywhere',
    'rules/ddos/evaluate.test.ts',
    "sensitivity is the rule's own, and the same for whoever asks",
  ],
  // Ingest
  [
    'flows of an unknown router, or of one with sampling 0, counted as nothing',
    'collector/pipeline.test.ts',
    'the announced rate wins over the router’s default, that over 1; a default of 0 is none',
  ],
  [
    'IPv6 addresses with zeros behind were read as IPv4, and ::/0 took all of IPv4',
    'rules/configuration/configuration.test.ts',
    'is each flow in every prefix that encloses its destination, and of its family',
  ],
  [
    'IPv6 was not judged as IPv4 is',
    'rules/family.test.ts',
    'verdicts of both families are the same, with the random flows of seed %i',
  ],
  [
    'every address was compared with every prefix',
    'rules/configuration/prefix.test.ts',
    'the chain of a prefix is every prefix that encloses it, from the most specific outwards',
  ],
  [
    'a new rule did not know what was before it',
    'rules/configuration/backfill.test.ts',
    'a rule that is created after the traffic sees it, to the flow, and counts on without a gap',
  ],
  [
    'directions were not told apart',
    'rules/evaluate.test.ts',
    'is what goes to its prefixes, not what comes from them',
    'two directions are never added up',
  ],
  [
    'a packet that two routers exported counted twice',
    'integration/rule-types.test.ts',
    'what two routers export counts once while one of them is a core router, and twice from the first flow on behind the change',
  ],
  [
    'one message that cannot be read stopped the consumer',
    'integration/kafka.test.ts',
    'a thousand messages that nobody can read are as many dead letters, and stop nothing',
  ],
  [
    'addresses were stored twice',
    'schema/raw.test.ts',
    'a flow takes little room, with all its columns and their indexes',
  ],
  // Configuration and API
  [
    'changes were mutations, answered before they were there',
    'rules/configuration/configuration.test.ts',
    'the newest version is what is read, merged or not',
  ],
  [
    'two requests at once made two routers of one address',
    'api/app.test.ts',
    'of many that come at once with one address, one is kept',
  ],
  [
    'an unknown id was replaced by an invented document, and deleted without complaint',
    'api/app.test.ts',
    'are created, listed, read, replaced and deleted',
    'of all three examples are created, listed by name, read, replaced and deleted',
  ],
  [
    'what was refused was called a success, or lost its envelope',
    'api/app.test.ts',
    'names every problem of the body with code, message and field',
    'a path that is none, and a method that a path does not take',
  ],
  [
    'a prefix that is none was an error of the server',
    'api/app.test.ts',
    'host bits are cleared, which a message says',
  ],
  [
    'empty names, numbers as prefixes and rules without any limit were taken',
    'rules/configuration/rule.test.ts',
    'all problems of a body are told at once, those between fields too',
    'a threshold rule needs one',
    'a zscore rule needs sensitivity and target',
  ],
  [
    'a path without its slash was a redirect, which curl does not follow',
    'api/app.test.ts',
    'every path works with and without a slash at its end',
  ],
  [
    'one client was shared by threads, which it could not take',
    'schema/store/client.test.ts',
    'parameters and settings of queries that run at once do not meet',
  ],
  [
    'a user that only reads was made, and the superuser read; Grafana let everybody in, as the superuser',
    'compose.test.ts',
    'is a user of its own, and nobody without a login: API and Grafana are no superuser',
  ],
  // Alerting
  [
    'what the README said printed a usage line, which was mailed every minute',
    'alert/command.test.ts',
    'it prints nothing and runs nothing',
  ],
  [
    'the same alert was told every minute, its end never',
    'rules/alerts/advance.test.ts',
    'fires once and ends once; skipped runs, and two in one minute, change nothing',
  ],
  [
    'an error of the API was taken for no alerts',
    'alert/command.test.ts',
    'when the store is away',
    'when the store hangs up',
  ],
  [
    'alerts went through a shell',
    'alert/exec.test.ts',
    'the input arrives whole on the standard input of the command, and nothing of it in its arguments',
  ],
  [
    'runs that overlapped both told',
    'rules/alerts/advance.test.ts',
    'runs that overlap decide it once',
  ],
  [
    'attacks were never told',
    'integration/rule-types.test.ts',
    'attacks are told by their vector and their victims, each once',
  ],
  [
    'two evaluators did not agree',
    'rules/alerts/decide.test.ts',
    'two evaluators that read and write whenever they like lead to the same events, each once',
  ],
  [
    'an alert told no limit, no beginning and no victim',
    'rules/alert.test.ts',
    'an alert tells rule, limits, peaks and times',
  ],
  // Operation
  [
    'everybody could do everything',
    'api/access/guard.test.ts',
    'every route of the router refuses no token, wrong ones, and roles below its own',
  ],
  [
    'everything was published to everybody',
    'compose.test.ts',
    'is on loopback, but for UDP, which the collector binds itself',
    'has a healthcheck, unless it ends or nobody can ask it',
    'is an image of one version',
  ],
  [
    'dashboards showed four times the rate when zoomed in',
    'grafana/dashboards.test.ts',
    'at the same rate whatever the interval',
  ],
]

test.each(defects)('%s: not here', (_, file, ...names) => {
  const text = readFileSync(path.join(packageRoot, 'test', file), 'utf8')
  for (const name of names) expect(text).toContain(name)
})
