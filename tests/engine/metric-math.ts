/** The values of a metric or an expression, period by period; undefined where there is none. */
export type Series = readonly (number | undefined)[];

/** A number alone is the same in every period. */
type Operand = Series | number;

type Operator = (one: number, other: number) => number;

/** Those that bind least come first. */
const OPERATORS: Record<string, Operator>[] = [
  { '>': (one, other) => Number(one > other), '<': (one, other) => Number(one < other) },
  { '+': (one, other) => one + other, '-': (one, other) => one - other },
  { '*': (one, other) => one * other, '/': (one, other) => one / other },
];

/**
 * The result of an expression of CloudWatch's metric math, by our reading of its documentation: as much of it as the
 * alarms use.
 *
 * @param metrics by id.
 * @param fillsEmpty whether FILL fills a metric without any value, which the documentation leaves open.
 * @throws Error for anything else.
 */
export function calculate(expression: string, metrics: ReadonlyMap<string, Series>, fillsEmpty: boolean): Series {
  const tokens = expression.match(/\w+|\S/g) ?? [];

  const expect = (expected: string): void => {
    const token = tokens.shift();
    if (token !== expected) throw new Error(`${expression} has ${token ?? 'an end'} in place of ${expected}.`);
  };

  const operation = (level = 0): Operand => {
    const operators = OPERATORS[level];
    if (operators === undefined) return operand();
    let result = operation(level + 1);
    for (;;) {
      const operator = operators[tokens[0] ?? ''];
      if (operator === undefined) return result;
      tokens.shift();
      result = operate(operator, result, operation(level + 1));
    }
  };

  const operand = (): Operand => {
    const token = tokens.shift() ?? 'an end';
    if (/^\d+$/.test(token)) return Number(token);
    if (token === '(') {
      const [result] = operandsUntilClosed();
      return result;
    }
    if (tokens[0] === '(') {
      tokens.shift();
      return call(token, operandsUntilClosed());
    }
    const metric = metrics.get(token);
    if (metric === undefined) throw new Error(`${expression} has ${token} in place of a metric.`);
    return metric;
  };

  const operandsUntilClosed = (): [Operand, ...Operand[]] => {
    const operands: [Operand, ...Operand[]] = [operation()];
    while (tokens[0] === ',') {
      tokens.shift();
      operands.push(operation());
    }
    expect(')');
    return operands;
  };

  const call = (name: string, [first, second = 0, third = 0]: [Operand, ...Operand[]]): Operand => {
    if (name === 'FILL') return fill(first, second, fillsEmpty);
    if (name === 'IF') return choose(first, second, third);
    throw new Error(`${expression} has the function ${name}, which is not known here.`);
  };

  const result = operation();
  if (tokens.length > 0 || typeof result === 'number') throw new Error(`${expression} is no series of values.`);
  return result;
}

/** Missing values count as 0, but for periods that have none at all; what is divided by zero is dropped. */
function operate(operator: Operator, one: Operand, other: Operand): Operand {
  return periodByPeriod([one, other], (isMissing, left = 0, right = 0) => {
    const result = operator(left, right);
    return isMissing || !Number.isFinite(result) ? undefined : result;
  });
}

function fill(operand: Operand, filler: Operand, fillsEmpty: boolean): Operand {
  if (typeof operand === 'number') throw new Error('FILL is for metrics.');
  if (!fillsEmpty && operand.every((value) => value === undefined)) return operand;
  return periodByPeriod([operand, filler], (_isMissing, value, instead) => value ?? instead);
}

/** What is chosen and missing is 0 where the condition is true, and missing where it is false. */
function choose(condition: Operand, yes: Operand, no: Operand): Operand {
  return periodByPeriod([condition, yes, no], (_isMissing, isTrue, ifTrue = 0, ifFalse) => {
    if (isTrue === undefined) return undefined;
    return isTrue === 0 ? ifFalse : ifTrue;
  });
}

/** @param combine is told whether all of the series are missing in this period. */
function periodByPeriod(
  operands: Operand[],
  combine: (isMissing: boolean, ...values: (number | undefined)[]) => number | undefined,
): Operand {
  const series = operands.filter((operand) => typeof operand !== 'number');
  const periods = series[0]?.length ?? 0;
  return Array.from({ length: periods }, (_, period) =>
    combine(
      series.every((values) => values[period] === undefined),
      ...operands.map((operand) => (typeof operand === 'number' ? operand : operand[period])),
    ),
  );
}
