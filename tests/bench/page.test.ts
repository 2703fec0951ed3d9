import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readBaseline, withMeasurements } from '../../bench/page';
import { figuresFrom, SECTION_NAMES, type Results } from '../../bench/results';

const PAGE = readFileSync(join(__dirname, '../../docs/performance.md'), 'utf8');

describe('the page on performance', () => {
  test('has the tables of bench/baseline.json; else run `npm run docs`', () => {
    expect(withMeasurements(PAGE, readBaseline())).toBe(PAGE);
  });

  test('would be another, had something else been measured', () => {
    const baseline = readBaseline();
    const machine = { ...baseline.machine, cpu: 'another' };
    expect(withMeasurements(PAGE, { ...baseline, machine })).not.toBe(PAGE);
    expect(withMeasurements(PAGE, { ...baseline, results: { sdk: [] } })).not.toBe(PAGE);
  });
});

describe('the baseline', () => {
  test('holds every section, and the figures that follow from them', () => {
    const { results, figures } = readBaseline();
    expect(Object.keys(results).sort()).toEqual([...SECTION_NAMES].sort());
    expect(figures).toEqual(figuresFrom(results as Results));
  });
});
