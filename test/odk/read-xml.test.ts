import assert from 'node:assert/strict';
import { readFieldRows } from '../../src/odk/mapping/form.ts';
import { BAD_VALUES, readSubmissionXml } from '../../src/odk/read-xml.ts';
import { fixture } from './mapping/support.ts';

const fields = readFieldRows(JSON.parse(fixture('fields-odata.v1.json')));
const whole = fixture('submission-A.xml');
const row = { __id: 'uuid:a', __system: {} } as never;

/** The recorded submission with other text in one of its questions. */
const withText = (question: string, inner: string) => {
  const xml = whole.replace(
    new RegExp(`<${question}>[^<]*</${question}>`),
    () => `<${question}>${inner}</${question}>`,
  );
  assert.notEqual(xml, whole);
  return readSubmissionXml(xml, fields, row) as Record<string, unknown>;
};

// Row 10 of odk.md §19.
describe('the XML of a submission', () => {
  const texts: readonly (readonly [string, string, string])[] = [
    [
      'CDATA, in which nothing stands for anything else',
      '<![CDATA[a < b &amp; <c/> &#65;]]>',
      'a < b &amp; <c/> &#65;',
    ],
    ['CDATA between text', 'one <![CDATA[<two>]]> three', 'one <two> three'],
    ['entities, named and by number', '&lt;x&gt; &amp; &#233; &#x1F469;', '<x> & é 👩'],
    ['all scripts, joined marks and blanks at the ends', '  👩‍🌾 美玲 العلي  ', '  👩‍🌾 美玲 العلي  '],
    ['what looks like a number', '007', '007'],
  ];
  for (const [what, inner, text] of texts) {
    it(`is read with ${what}`, () => assert.equal(withText('hh-name', inner)['hh_name'], text));
  }

  it('says where a number is none, and what stood there', () => {
    for (const value of ['12abc', 'many', '9007199254740993', '0x10', '1,5']) {
      assert.deepEqual(withText('rooms', value)[BAD_VALUES], [{ path: 'rooms', field: 'rooms', value }]);
    }
    assert.equal(withText('rooms', ' 8 ')['rooms'], 8);
  });

  it('holds no value where nothing was answered, and is nothing where it is no XML', () => {
    assert.equal(withText('notes', '')['notes'], null);
    assert.equal(readSubmissionXml(whole.replace('</data>', ''), fields, row), undefined);
  });
});
