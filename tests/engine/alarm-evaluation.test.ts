import { stateOf } from './alarm-evaluation';
import { calculate, type Series } from './metric-math';

/** As in the tables of CloudWatch's documentation: - is a missing value. */
function series(text: string): Series {
  return text.split(' ').map((value) => (value === '-' ? undefined : Number(value)));
}

describe('the state of an alarm is what the tables of the documentation say', () => {
  test.each([
    [3, '0 - 1 - 1', 'OK', 'OK'],
    [3, '0 - - - -', 'OK', 'OK'],
    [3, '- - - - -', 'ALARM', 'OK'],
    [3, '0 1 1 - 1', 'ALARM', 'ALARM'],
    [3, '- - 1 - -', 'ALARM', 'OK'],
    [2, '0 - 1 - 1', 'ALARM', 'ALARM'],
    [2, '0 0 1 0 1', 'ALARM', 'ALARM'],
    [2, '0 - 1 - -', 'ALARM', 'OK'],
    [2, '- - - - 0', 'ALARM', 'OK'],
    [2, '- - - 1 -', 'ALARM', 'OK'],
  ])('with %d datapoints out of 3 and %s', (datapoints, values, breaching, notBreaching) => {
    const state = (treatMissingData: string) =>
      stateOf(series(values), {
        ComparisonOperator: 'GreaterThanOrEqualToThreshold',
        Threshold: 1,
        EvaluationPeriods: 3,
        DatapointsToAlarm: datapoints,
        TreatMissingData: treatMissingData,
      });

    expect([state('breaching'), state('notBreaching')]).toEqual([breaching, notBreaching]);
  });
});

describe('metric math gives what the documentation says', () => {
  test.each([
    ['one < other', { one: '30 20 0 0', other: '20 - 20 -' }, '0 0 1 0'],
    ['one > 29', { one: '30 20 0 -' }, '1 0 0 -'],
    ['IF(one, other, third)', { one: '1 1 0 0 -', other: '30 - 0 0 30', third: '0 0 20 - 20' }, '30 0 20 - -'],
    ['IF(one, 5, third)', { one: '1 1 0 0 -', third: '0 0 20 - 20' }, '5 5 20 - -'],
    ['one + other', { one: '1 - -', other: '2 3 -' }, '3 3 -'],
    ['100 * one / (one + other)', { one: '1 0', other: '3 0' }, '25 -'],
    ['2 - one - 1', { one: '0 4' }, '1 -3'],
    ['FILL(one, 7)', { one: '1 -' }, '1 7'],
  ])('for %s with %j', (expression, values, expected) => {
    const metrics = new Map(Object.entries(values).map(([id, text]) => [id, series(text)]));

    for (const fillsEmpty of [true, false]) {
      expect(calculate(expression, metrics, fillsEmpty)).toEqual(series(expected));
    }
  });

  test('but for what it leaves open: whether FILL fills a metric without any value', () => {
    const metrics = new Map([['one', series('- -')]]);

    expect(calculate('FILL(one, 7)', metrics, true)).toEqual([7, 7]);
    expect(calculate('FILL(one, 7)', metrics, false)).toEqual([undefined, undefined]);
  });

  test.each(['one +', 'RATE(one)', 'FILL(one, 0', 'one two', 'two', '1', 'one ^ 2'])('%s is not understood', (text) => {
    expect(() => calculate(text, new Map([['one', series('1')]]), true)).toThrow(text);
  });
});
