#pragma once

#include <array>

#include "gyre/field/fp.h"

namespace gyre::poseidon2 {

/// Constants of Poseidon2-16 over BabyBear: 4 + 4 external rounds, 13 internal ones, x^7.
/// Spec 01, section 3.

inline constexpr std::size_t kWidth = 16;
inline constexpr std::size_t kExternalRounds = 4;  // before and again after the internal ones
inline constexpr std::size_t kInternalRounds = 13;

namespace detail {

template <std::size_t N>
constexpr std::array<Fp, N> from_canonical(const std::uint32_t (&values)[N]) {
  std::array<Fp, N> result{};
  for (std::size_t i = 0; i < N; ++i) result[i] = Fp::from_canonical(values[i]);
  return result;
}

}  // namespace detail

inline constexpr std::array<std::array<Fp, kWidth>, kExternalRounds> kInitialConstants = {
    detail::from_canonical({1774958255u, 1185780729u, 1621102414u, 1796380621u, 588815102u,
                            1932426223u, 1925334750u, 747903232u, 89648862u, 360728943u, 977184635u,
                            1425273457u, 256487465u, 1200041953u, 572403254u, 448208942u}),
    detail::from_canonical({1215789478u, 944884184u, 953948096u, 547326025u, 646827752u, 889997530u,
                            1536873262u, 86189867u, 1065944411u, 32019634u, 333311454u, 456061748u,
                            1963448500u, 1827584334u, 1391160226u, 1348741381u}),
    detail::from_canonical({88424255u, 104111868u, 1763866748u, 79691676u, 1988915530u, 1050669594u,
                            359890076u, 573163527u, 222820492u, 159256268u, 669703072u, 763177444u,
                            889367200u, 256335831u, 704371273u, 25886717u}),
    detail::from_canonical({51754520u, 1833211857u, 454499742u, 1384520381u, 777848065u,
                            1053320300u, 1851729162u, 344647910u, 401996362u, 1046925956u, 5351995u,
                            1212119315u, 754867989u, 36972490u, 751272725u, 506915399u}),
};

inline constexpr std::array<Fp, kInternalRounds> kInternalConstants = detail::from_canonical(
    {1518359488u, 1765533241u, 945325693u, 422793067u, 311365592u, 1311448267u, 1629555936u,
     1009879353u, 190525218u, 786108885u, 557776863u, 212616710u, 605745517u});

inline constexpr std::array<std::array<Fp, kWidth>, kExternalRounds> kTerminalConstants = {
    detail::from_canonical({1922082829u, 1870549801u, 1502529704u, 1990744480u, 1700391016u,
                            1702593455u, 321330495u, 528965731u, 183414327u, 1886297254u,
                            1178602734u, 1923111974u, 744004766u, 549271463u, 1781349648u,
                            542259047u}),
    detail::from_canonical({1536158148u, 715456982u, 503426110u, 340311124u, 1558555932u,
                            1226350925u, 742828095u, 1338992758u, 1641600456u, 1843351545u,
                            301835475u, 43203215u, 386838401u, 1520185679u, 1235297680u,
                            904680097u}),
    detail::from_canonical({1491801617u, 1581784677u, 913384905u, 247083962u, 532844013u,
                            107190701u, 213827818u, 1979521776u, 1358282574u, 1681743681u,
                            1867507480u, 1530706910u, 507181886u, 695185447u, 1172395131u,
                            1250800299u}),
    detail::from_canonical({1503161625u, 817684387u, 498481458u, 494676004u, 1404253825u,
                            108246855u, 59414691u, 744214112u, 890862029u, 1342765939u, 1417398904u,
                            1897591937u, 1066647396u, 1682806907u, 1015795079u, 1619482808u}),
};

/// The internal linear layer is the all-ones matrix plus this diagonal:
/// -2, 1, 2, 1/2, 3, 4, -1/2, -3, -4, 2^-8, 1/4, 1/8, 2^-27, -2^-8, -1/16, -2^-27.
inline constexpr std::array<Fp, kWidth> kInternalDiagonal = detail::from_canonical(
    {2013265919u, 1u, 2u, 1006632961u, 3u, 4u, 1006632960u, 2013265918u, 2013265917u, 2005401601u,
     1509949441u, 1761607681u, 2013265906u, 7864320u, 125829120u, 15u});

}  // namespace gyre::poseidon2
