type SampleArray = Float32Array | Float64Array | Int16Array

/** A signal that the Python side makes too. */
export function testSignal(length: number, dtype: 'float32' | 'float64' | 'int16'): SampleArray {
  const values = Float64Array.from({ length }, (_, i) => 1000 * Math.sin(i * 0.37))
  if (dtype === 'float64') return values
  return dtype === 'int16' ? Int16Array.from(values, Math.trunc) : Float32Array.from(values)
}

/** Second-order sections of resonators side by side: stable, none trivial. */
export function testSections(count: number): number[][] {
  return Array.from({ length: count }, (_, s) => {
    const angle = (Math.PI * (s + 1)) / (count + 1)
    return [0.2, -0.3 * Math.cos(angle), 0.1, 1, -1.8 * Math.cos(angle), 0.81]
  })
}
