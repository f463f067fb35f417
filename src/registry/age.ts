/** Full years from a day of birth to another day, both `YYYY-MM-DD`. Born on 29 February: older from 1 March. */
export const ageOn = (birthDate: string, today: string): number =>
  Number(today.slice(0, 4)) - Number(birthDate.slice(0, 4)) - (today.slice(5) < birthDate.slice(5) ? 1 : 0);

/**
 * The last day of birth (as text; it need not exist) of those who are at least `years` old: older or equal means
 * born on it or before.
 */
export const bornBy = (years: number, today: string): string => {
  const year = Number(today.slice(0, 4)) - years;
  if (year < 0) return '';
  return year > 9999 ? '9999-99-99' : `${String(year).padStart(4, '0')}${today.slice(4)}`;
};
