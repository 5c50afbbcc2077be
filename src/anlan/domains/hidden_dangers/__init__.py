"""Hidden dangers (隐患排查治理): found, graded, rectified, re-inspected and closed, each with its clock and its proof.

Serves article 15 (items 9 to 17): self-check, self-report, self-fix; dangers found by government; major dangers by the sector
criteria, with the five implements, the double report and listed supervision (挂牌督办).
"""
