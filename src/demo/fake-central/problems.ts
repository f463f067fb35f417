/** What Central answers when something is wrong: `{message, code, details?}`, the code's integer part is the status. */
export class Problem extends Error {
  readonly status: number;
  readonly body: { readonly message: string; readonly code?: number; readonly details?: unknown };

  constructor(code: number, message: string, details?: unknown) {
    super(message);
    this.status = Math.floor(code);
    // An unhandled fault of Central has no code.
    this.body = code === 500 ? { message } : { message, code, ...(details === undefined ? {} : { details }) };
  }
}

export const problems = {
  unauthenticated: () => new Problem(401.2, 'Could not authenticate with the provided credentials.'),
  forbidden: () => new Problem(403.1, 'The authentication you provided does not have rights to perform that action.'),
  notFound: () => new Problem(404.1, 'Could not find the resource you were looking for.'),
  unknownVersion: (formVersion: string) =>
    new Problem(404.6, `The form version specified in this submission '${formVersion}' does not exist.`, {
      formVersion,
    }),
  notAcceptable: (got: string) =>
    new Problem(406.1, 'Requested format not acceptable; this resource allows: application/json,json.', {
      allowed: ['application/json', 'json'],
      got,
    }),
  badState: (value: unknown) =>
    new Problem(400.8, 'Unexpected state value received; not a recognized state name', {
      field: 'state',
      value,
      reason: 'not a recognized state name',
    }),
  badNumber: (field: string) =>
    new Problem(400.11, `Invalid input data type: expected (${field}) to be (number)`, { field, expected: 'number' }),
  filterSyntax: (reason: string) =>
    new Problem(400.18, `The OData filter expression you provided could not be parsed: ${reason}`, { reason }),
  unknownProperty: (property: string) =>
    new Problem(400.23, `Could not find a property named '${property}'`, { property }),
  badSkiptoken: () => new Problem(400.35, 'Invalid $skiptoken'),
  unsupportedFeature: (feature: string) =>
    new Problem(501.1, `The requested feature ${feature} is not supported by this server.`, { feature }),
  unsupportedFilter: (text: string, at: number) =>
    new Problem(
      501.4,
      `The given OData filter expression uses features not supported by this server: MethodCallExpression at ${at} (${JSON.stringify(text)})`,
      { at, type: 'MethodCallExpression', text },
    ),
  unsupportedField: (text: string, at: number) =>
    new Problem(
      501.5,
      `The given OData filter expression references fields not supported by this server: ${text} at ${at}`,
      { at, text },
    ),
  unsupportedExpand: (text: string) =>
    new Problem(
      501.6,
      `The given OData expand expression is not supported by this server: ${JSON.stringify(text)}. Currently, only "$expand=*" is supported.`,
      { text },
    ),
  selectWithExpand: () => new Problem(501.11, "This server doesn't support $select query parameter with $expand."),
  exists: (fields: readonly string[], values: readonly string[], table: string) =>
    new Problem(409.3, `A resource already exists with ${fields.join(',')} value(s) of ${values.join(',')}.`, {
      fields,
      values,
      table,
    }),
  badValue: (field: string, value: unknown, reason: string) =>
    new Problem(400.8, `Unexpected ${field} value ${String(value)}; ${reason}`, { field, value, reason }),
  badEntityType: (field: string, expected: string) =>
    new Problem(400.11, `Invalid input data type: expected (${field}) to be (${expected})`, { field, expected }),
  notJson: () => new Problem(400.1, 'Could not parse the given data as json.'),
  missingParameter: (field: string) => new Problem(400.2, `Required parameter ${field} missing.`, { field }),
  badEntity: (reason: string) => new Problem(400.28, `The entity is invalid. ${reason}`, { reason }),
  basicOverHttp: () => new Problem(401.3, 'This authentication method is only available over HTTPS'),
  twoAuthentications: () => new Problem(400, 'Only one authentication mechanism is allowed'),
  entityUnknown: (entityUuid: string, datasetName: string) =>
    new Problem(
      404.8,
      `The entity with UUID (${entityUuid}) specified in the submission does not exist in the dataset (${datasetName}).`,
      {
        entityUuid,
        datasetName,
      },
    ),
  entityVersion: (current: number, provided: number | undefined) =>
    new Problem(
      409.15,
      `Current version of the Entity is '${current}' and you provided '${provided}'. Please correct the version number or pass '?force=true' in the URL to forcefully update the Entity.`,
      { current: String(current), provided: String(provided) },
    ),
  datasetCase: (provided: string, current: string) =>
    new Problem(
      409.16,
      `An entity list named '${current}' exists and you provided '${provided}' with a different capitalization.`,
      { current, provided },
    ),
  propertyCase: (provided: string, current: string) =>
    new Problem(
      409.17,
      `A property named '${current}' exists and you provided '${provided}' with a different capitalization.`,
      { current, provided },
    ),
  entityDeleted: (uuid: string) =>
    new Problem(409.19, `The entity with UUID ${uuid} has been deleted.`, { entityUuids: [uuid] }),
  formClosed: () => new Problem(409.2, 'This form is not currently accepting submissions.'),
  staleEdit: (deprecatedId: string) =>
    new Problem(
      409.9,
      `You tried to update a submission, but the copy you were editing (${deprecatedId}) is now out of date. Please get the new version that has been submitted, and make your edits again.`,
      { deprecatedId },
    ),
  internal: () => new Problem(500, 'Internal Server Error'),
} as const;
