export const LOGIN = { email: 'importer@bench.example', password: 'made-up' };
export const FORM = 'household_registration';
export const PROJECT = 1;
