import { Fault } from '../core/fault.ts';
import { attributeTypes, type StatusQuestion, txnTypes } from '../dci/client/ask-status.ts';
import type { Acknowledged } from '../dci/client/client.ts';
import type { AnsweredItem } from '../dci/client/read-search.ts';
import type { CliContext, CommandFile } from './context.ts';
import { addAnswers } from './dci-answers.ts';
import { addPull, reportText } from './dci-pull.ts';
import { toCount, toRegistry, toSearchQuestion, toWish, type WhomOptions, whomOptions } from './dci-questions.ts';
import { collect } from './options.ts';

interface PeerOption {
  readonly peer: string;
}

const showAck = (context: CliContext, { transactionId, correlationId, follows }: Acknowledged): void => {
  const ids = { transaction_id: transactionId, correlation_id: correlationId ?? null };
  context.print({ ack_status: follows ? 'ACK' : 'NACK', ...ids }, () =>
    [
      follows ? 'Taken; the answer will be called back to this server.' : 'Taken, but nothing will follow.',
      `transaction_id  ${transactionId}`,
      `correlation_id  ${correlationId ?? '(none)'}`,
    ].join('\n'),
  );
};

const itemWire = (item: AnsweredItem): object => ({
  reference_id: item.referenceId,
  status: item.status,
  status_reason_code: item.reasonCode,
  status_reason_message: item.reason,
  reg_type: item.regType,
  reg_record_type: item.recordType,
  total_count: item.total,
  reg_records: item.records,
});

const itemText = ({ status, reasonCode, reason, total, records }: AnsweredItem): string =>
  status === 'rjct'
    ? `refused: ${reasonCode ?? ''} ${reason ?? ''}`.trimEnd()
    : [`${total ?? records.length} found, ${records.length} shown`, ...records.map((one) => JSON.stringify(one))].join(
        '\n',
      );

interface SearchOptions extends PeerOption, WhomOptions {
  readonly async?: true;
  readonly import?: true;
  readonly programme?: string;
  readonly page?: string;
  readonly pageSize?: string;
}

const search = (context: CliContext) => async (options: SearchOptions) => {
  const ground = await context.ground();
  const { client, pull } = ground.asking;
  const question = toSearchQuestion(options, ground.config.dciRegistry);
  const size = toCount(options.pageSize, '--page-size');
  const number = toCount(options.page, '--page');
  const { peer, programme } = options;
  const page = { page: { size: size ?? 20, number: number ?? 1 } };
  const settings = programme === undefined ? {} : { programme };
  if (programme !== undefined && !options.import) throw new Fault('query.invalid', '--programme goes with --import');

  if (options.async) {
    const later = { ...settings, ...(options.import ? { take: true } : {}) };
    return showAck(context, await client.searchLater(peer, [{ ...question, ...page }], later));
  }
  if (options.import) {
    const report = await pull(peer, question, { ...settings, ...(size === undefined ? {} : { pageSize: size }) });
    context.print(report, () => reportText(report));
    if (report.failed > 0) context.fail();
    return;
  }
  const answer = await client.search(peer, [{ ...question, ...(size || number ? page : {}) }]);
  const { transactionId, correlationId, items } = answer;
  context.print(
    { transaction_id: transactionId, correlation_id: correlationId ?? null, search_response: items.map(itemWire) },
    () => (items.length === 0 ? '0 found' : items.map(itemText).join('\n')),
  );
  if (items.some(({ status }) => status === 'rjct')) context.fail();
};

const subscribe = (context: CliContext) => async (options: PeerOption & WhomOptions & { readonly event: string }) => {
  const ground = await context.ground();
  const wish = toWish(options, ground.config.dciRegistry);
  showAck(context, await ground.asking.client.subscribe(options.peer, [wish]));
};

const unsubscribe = (context: CliContext) => async (codes: string[], options: PeerOption & { registry?: string }) => {
  const ground = await context.ground();
  const registry = options.registry === undefined ? ground.config.dciRegistry : toRegistry(options.registry);
  showAck(context, await ground.asking.client.unsubscribe(options.peer, registry, codes));
};

interface StatusOptions extends PeerOption {
  readonly registry?: string;
  readonly type: string;
  readonly transaction?: string;
  readonly correlation?: string;
  readonly reference: string[];
  readonly code: string[];
  readonly async?: true;
}

const toStatusQuestion = (options: StatusOptions): StatusQuestion => {
  const txnType = txnTypes.find((one) => one === options.type);
  if (!txnType) throw new Fault('query.invalid', `--type must be one of ${txnTypes.join(', ')}`);
  const given: Readonly<Record<(typeof attributeTypes)[number], readonly string[]>> = {
    transaction_id: options.transaction === undefined ? [] : [options.transaction],
    correlation_id: options.correlation === undefined ? [] : [options.correlation],
    reference_id_list: options.reference,
    subscription_code_list: options.code,
  };
  const said = attributeTypes.filter((name) => given[name].length > 0);
  const [attributeType] = said;
  if (attributeType === undefined || said.length > 1) {
    throw new Fault('query.invalid', 'say which by --transaction, --correlation, --reference or --code');
  }
  return { txnType, attributeType, values: given[attributeType] };
};

const status = (context: CliContext) => async (options: StatusOptions) => {
  const ground = await context.ground();
  const { client } = ground.asking;
  const registry = options.registry === undefined ? ground.config.dciRegistry : toRegistry(options.registry);
  const question = toStatusQuestion(options);
  if (options.async) return showAck(context, await client.statusLater(options.peer, registry, question));
  const answer = await client.status(options.peer, registry, question);
  context.print(answer, () => JSON.stringify(answer, null, 2));
};

export const dci: CommandFile = (command, context) => {
  whomOptions(command.command('search').description('search in another registry'))
    .option('--page-size <n>', 'records of a page')
    .option('--page <n>', 'which page')
    .option('--async', 'do not wait: the answer is called back to this server')
    .option('--import', 'take the records into our registry, all pages; the peer must be a --source')
    .option('--programme <id>', 'with --import: the programme that they are put into')
    .addHelpText(
      'after',
      '\nExamples:\n  crosswalk dci search --peer crvs.example.org --registry crvs --id BRN=2026-000123\n' +
        '  crosswalk dci search --peer crvs.example.org --registry crvs --where "birth_date ge 2026-01-01" --import',
    )
    .action(search(context));

  whomOptions(command.command('subscribe').description('be told of events in another registry'))
    .requiredOption('--event <type>', 'which events, such as BIRTH, REGISTER or UPDATE')
    .addHelpText(
      'after',
      '\nWithout --id, --where or --query: of everybody. The code of the subscription is called back to this server.',
    )
    .action(subscribe(context));

  command
    .command('unsubscribe')
    .description('end subscriptions that we hold in another registry')
    .argument('<code...>', 'their codes')
    .requiredOption('--peer <id>', 'the sender_id of the registry')
    .option('--registry <registry>', 'social, crvs, dr, fr or ibr (default: DCI_REGISTRY)')
    .action(unsubscribe(context));

  command
    .command('status')
    .description('ask what became of an earlier message')
    .requiredOption('--peer <id>', 'the sender_id of the registry')
    .option('--registry <registry>', 'social, crvs, dr, fr or ibr (default: DCI_REGISTRY)')
    .option('--type <type>', 'search, subscribe or unsubscribe', 'search')
    .option('--transaction <id>', 'by its transaction_id')
    .option('--correlation <id>', 'by its correlation_id')
    .option('--reference <id>', 'by reference_id (repeat)', collect, [])
    .option('--code <code>', 'by subscription code (repeat)', collect, [])
    .option('--async', 'do not wait: the answer is called back to this server')
    .action(status(context));

  addAnswers(command, context);
  addPull(command, context);
};
